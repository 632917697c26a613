"""JSON Graph (Falcor's protocol) over the same proxies.

Layers: `paths` and `graph` are pure and know no root; `routes` knows the roots but no HTTP; `protocol` handles requests.
"""
