"""Every figure in words and with its goal.  Needs no server and no Django."""

from bench.results import Figure

_CLIENTS = (
    " The peers are the same gateway, in processes of its own, with another HTTP client under its asynchronous calls; they"
    " bound neither the age of a connection nor the bytes of an answer."
)

P1 = Figure(
    id="P1",
    title="Relay: outbox to broker",
    unit="messages/s",
    limit="finished frames, window 1000, confirms, no database",
    method=(
        "20 000 commands with bodies of some 210 bytes, written by our own sender with the headers of a saga, wait in"
        " the outbox for four quorum queues. Our relay publishes them with confirms and deletes what was confirmed, in"
        " transactions of 1000 rows; the clock runs from its first transaction to the commit of its last. The limit"
        " sends the same bytes, packed before its clock starts, with a window of 1000 and confirms, and touches no"
        " database."
    ),
    fairness=(
        "the ORM peer sends 3 000 rows of the same table with the same properties, in transactions of 1000 rows, and"
        " waits for one confirm after the other. It looks neither at due times nor at lanes, so two of it would not"
        " keep a key's order. The peers with py-amqp and pamqp are our relay but for who packs a message; py-amqp also"
        " writes each message by itself."
    ),
    goal="at least 0.5 x the limit",
    is_met=lambda result: result["ratio_to_limit"] >= 0.5,
)

P2 = Figure(
    id="P2",
    title="Consumer: inbox, one UPDATE, one reply",
    unit="messages/s",
    limit="the database work alone, 50 messages a transaction",
    method=(
        "a backlog of commands waits in four quorum queues for a Celery worker with one pool process. Each message adds"
        " a row to the processed messages, updates one of 10 000 accounts by the ORM and puts one reply into the outbox;"
        " what arrives together, up to 50 messages of a queue, shares a transaction. The rate is that between the first"
        " tenth of the backlog and its end. The limit does the same statements with values prepared beforehand, in one"
        " process without a broker."
    ),
    fairness=(
        "the peer is a plain Celery task on a quorum queue with late acknowledgement, a prefetch of 50 and the same"
        " three changes through the ORM, in one transaction a task. It keeps its database connection, where Celery by"
        " default connects anew for each task. It validates no body, keeps no order of keys, and has no dead letters"
        " of its own."
    ),
    goal="at least 2 x plain Celery tasks",
    is_met=lambda result: result["ratio_to_best_peer"] >= 2.0,
)

P3 = Figure(
    id="P3",
    title="Latency when idle: commit to handler",
    unit="ms",
    limit="published straight to the broker, no outbox",
    method=(
        "a message is sent with a transaction, at random pauses, while nothing else runs; the clock starts when the"
        " commit returns and stops at the first line of the handler, by the machine's monotonic clock. Relay and worker"
        " are processes of their own; PostgreSQL's NOTIFY wakes the relay. The limit publishes the same command straight"
        " to the same worker, without outbox or relay; its clock starts before the publish."
    ),
    fairness=(
        "the peer is the same relay without the wake-up: it looks for rows once a second. It spares the writer the"
        " NOTIFY and the relay its note that it sleeps. The limit loses a message if the process dies between commit"
        " and publish, or sends one for a transaction that is rolled back."
    ),
    goal="half the messages within 10 ms",
    is_met=lambda result: result["ours"]["p50"] <= 10.0,
    is_latency=True,
)

P4 = Figure(
    id="P4",
    title="Gateway: a forwarded call",
    unit="ms",
    limit="the same call straight to the service",
    method=(
        "one client, one kept connection, calls one after the other: a ticket through the gateway (one"
        " process), and straight from the kitchen (one process, four threads), which reads it from PostgreSQL"
        " each time. All processes run during all rounds. What the gateway adds is the difference of the two."
    ),
    fairness=(
        "the limit has no edge: no request id, no roles, no limits of size and rate, no deadline, no bulkhead, no"
        " breaker and no retry." + _CLIENTS
    ),
    goal="half the calls at most 3 ms slower than the direct call",
    is_met=lambda result: result["ours"]["p50"] - result["limit"]["p50"] <= 3.0,
    is_latency=True,
)

P5 = Figure(
    id="P5",
    title="Gateway: an order of four parts",
    unit="ms",
    limit="the slowest of the four parts, called directly",
    method=(
        "one client asks the gateway for an order with ticket, delivery and bill, one time after the other. The limit"
        " asks the four services directly, from four threads at once, and counts the slowest. The same processes as"
        " for P4 serve both; on two cores the four services stand in each other's way for both alike."
    ),
    fairness=(
        "the limit puts nothing together, and would wait for a part that hangs. No fallback is used by either."
        + _CLIENTS
    ),
    goal="half the orders at most 5 ms slower than the slowest part",
    is_met=lambda result: result["ours"]["p50"] - result["limit"]["p50"] <= 5.0,
    is_latency=True,
)

P6 = Figure(
    id="P6",
    title="Gateway: an order while the kitchen hangs",
    unit="ms",
    limit="the order alone straight from its service",
    method=(
        "in the kitchen's place somebody accepts connections and never answers; the gateway's breaker has opened before"
        " the first round. One client asks the gateway for an order, one time after the other, and gets it without"
        " its ticket. Now and then the breaker lets a call through to see whether the kitchen is back; that call waits"
        " for its deadline and counts like all others."
    ),
    fairness="the limit asks for the order only, without delivery and bill, and has no edge.",
    goal="99 of 100 orders within 20 ms",
    is_met=lambda result: result["ours"]["p99"] <= 20.0,
    is_latency=True,
)

FIGURES = {figure.id: figure for figure in (P1, P2, P3, P4, P5, P6)}
