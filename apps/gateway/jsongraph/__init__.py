"""JSON Graph (Falcor's protocol) over the same proxies.

The law: `paths` and `graph` are pure and know no root; `routes` knows the roots and no HTTP.
"""
