# The version after this one: other only by name.
FROM localhost/postroad:dev
ENV POSTROAD_VERSION=next
