"""A thousand orders as the services hold them once their sagas have ended, straight as rows.

Made for measurements and tests of what is asked, so that no worker has to run.
"""

ORDERS = range(1001, 2001)
"""Their ids, far above those that a new order gets."""

ROWS = {
    "orders": """
        INSERT INTO orders_restaurant (id, name) VALUES (1, 'Ajanta');
        INSERT INTO orders_menuitem (restaurant_id, menu_item_id, name, price) VALUES (1, '1', 'Vindaloo', 12.34);
        INSERT INTO orders_order (id, consumer_id, restaurant_id, restaurant_name, state, rejection_reason,
            refused_change, refusal_reason, order_total, delivery_address, delivery_time, created_at)
        SELECT number, 1, 1, 'Ajanta', 'APPROVED', '', '', '', 24.68,
            '{"street1": "1", "city": "c", "state": "s", "zip": "z"}', now(), now()
        FROM generate_series(1001, 2000) AS number""",
    "kitchen": """
        INSERT INTO kitchen_ticket (id, restaurant_id, state, previous_state, ready_by, created_at)
        SELECT number, 1, 'ACCEPTED', 'AWAITING_ACCEPTANCE', '2030-01-01T11:30:00Z', now()
        FROM generate_series(1001, 2000) AS number;
        INSERT INTO kitchen_ticketlineitem (ticket_id, menu_item_id, name, quantity)
        SELECT number, '1', 'Vindaloo', 2 FROM generate_series(1001, 2000) AS number""",
    "delivery": """
        INSERT INTO delivery_delivery (id, state, restaurant_id, dropoff_address, created_at)
        SELECT number, 'PENDING', 1, '{"street1": "1", "city": "c", "state": "s", "zip": "z"}', now()
        FROM generate_series(1001, 2000) AS number""",
    "accounting": """
        INSERT INTO accounting_account (consumer_id, state, "limit", authorized_total, last_sequence, created_at)
        VALUES (1, 'ENABLED', 99999, 24680, 2000, now());
        INSERT INTO accounting_accountentry (account_id, sequence, type, order_id, amount, reason, at)
        SELECT 1, number, 'AUTHORIZED', number, 24.68, '', now() FROM generate_series(1001, 2000) AS number""",
}
"""Service → statements that write its part of each order into its database."""

SERVICES = tuple(ROWS)
