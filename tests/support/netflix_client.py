"""Requests of Netflix's own Java client, byte for byte as it sent them.  They were recorded.

Recorded on Java 17 between `DiscoveryClient` and this registry: one process registers ORDERS with a lease of six
seconds, another one only discovers. 1.10.18 is the last 1.x and speaks through Jersey 1 (`jersey-client` 1.19.1), 2.0.6
through `eureka-client-jersey3` 2.0.6. Codecs and `Accept` are the client's defaults.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What one version of the client sent; lines end as in HTTP."""

    registration: bytes
    heartbeat: bytes
    everything: bytes
    delta: bytes
    vip: bytes
    out_of_service: bytes
    back_in_service: bytes
    cancellation: bytes


def _sent(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


NETFLIX_CLIENT_1_10_18 = Recording(
    registration=_sent("""\
POST /eureka/apps/ORDERS HTTP/1.1
Accept-Encoding: gzip
Content-Type: application/json
Accept: application/json
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Transfer-Encoding: chunked
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

157
{"instance":{"instanceId":"localhost:orders:9101","hostName":"127.0.0.1","app":"ORDERS","ipAddr":"127.0.0.1","status":"UP","overriddenStatus":"UNKNOWN","port":{"$":9101,"@enabled":"true"},"securePort":{"$":9443,"@enabled":"true"},"countryId":1,"dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"}
9b
,"leaseInfo":{"renewalIntervalInSecs":2,"durationInSecs":6,"registrationTimestamp":0,"lastRenewalTimestamp":0,"evictionTimestamp":0,"serviceUpTimestamp":0}
42
,"metadata":{"weight_class":"heavy","zone":"a","text":"café <&>"}
18d
,"appGroupName":"UNKNOWN","homePageUrl":"http://127.0.0.1:9101/","statusPageUrl":"http://127.0.0.1:9101/Status","healthCheckUrl":"http://127.0.0.1:9101/healthcheck","secureHealthCheckUrl":"https://127.0.0.1:9443/healthcheck","vipAddress":"orders","secureVipAddress":"orders-safe","isCoordinatingDiscoveryServer":"false","lastUpdatedTimestamp":"1795572996978","lastDirtyTimestamp":"1795572998038"}}
0

"""),
    heartbeat=_sent("""\
PUT /eureka/apps/ORDERS/localhost:orders:9101?status=UP&lastDirtyTimestamp=1795572998038 HTTP/1.1
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Accept-Encoding: gzip
Content-Length: 0
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

"""),
    everything=_sent("""\
GET /eureka/apps/ HTTP/1.1
Accept: application/json
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Accept-Encoding: gzip
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

"""),
    delta=_sent("""\
GET /eureka/apps/delta HTTP/1.1
Accept: application/json
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Accept-Encoding: gzip
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

"""),
    vip=_sent("""\
GET /eureka/vips/orders HTTP/1.1
Accept: application/json
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Accept-Encoding: gzip
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

"""),
    out_of_service=_sent("""\
PUT /eureka/apps/ORDERS/localhost:orders:9101/status?value=OUT_OF_SERVICE&lastDirtyTimestamp=1795572998038 HTTP/1.1
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Accept-Encoding: gzip
Content-Length: 0
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

"""),
    back_in_service=_sent("""\
DELETE /eureka/apps/ORDERS/localhost:orders:9101/status?lastDirtyTimestamp=1795572998038 HTTP/1.1
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Accept-Encoding: gzip
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

"""),
    cancellation=_sent("""\
DELETE /eureka/apps/ORDERS/localhost:orders:9101 HTTP/1.1
DiscoveryIdentity-Name: DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
Accept-Encoding: gzip
Host: 127.0.0.1:18762
Connection: Keep-Alive
User-Agent: Java-EurekaClient/v1.10.18

"""),
)

NETFLIX_CLIENT_2_0_6 = Recording(
    registration=_sent("""\
POST /eureka/apps/ORDERS HTTP/1.1
Accept: application/json
Accept-Encoding: gzip
Content-Type: application/json
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Connection: keep-alive
Content-Length: 961

{"instance":{"instanceId":"localhost:orders:9101","hostName":"127.0.0.1","app":"ORDERS","ipAddr":"127.0.0.1","status":"UP","overriddenStatus":"UNKNOWN","port":{"$":9101,"@enabled":"true"},"securePort":{"$":9443,"@enabled":"true"},"countryId":1,"dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"},"leaseInfo":{"renewalIntervalInSecs":2,"durationInSecs":6,"registrationTimestamp":0,"lastRenewalTimestamp":0,"evictionTimestamp":0,"serviceUpTimestamp":0},"metadata":{"weight_class":"heavy","zone":"a","text":"café <&>"},"appGroupName":"UNKNOWN","homePageUrl":"http://127.0.0.1:9101/","statusPageUrl":"http://127.0.0.1:9101/Status","healthCheckUrl":"http://127.0.0.1:9101/healthcheck","secureHealthCheckUrl":"https://127.0.0.1:9443/healthcheck","vipAddress":"orders","secureVipAddress":"orders-safe","isCoordinatingDiscoveryServer":"false","lastUpdatedTimestamp":"1795573016252","lastDirtyTimestamp":"1795573016753"}}"""),
    heartbeat=_sent("""\
PUT /eureka/apps/ORDERS/localhost:orders:9101?status=UP&lastDirtyTimestamp=1795573016753 HTTP/1.1
Accept: application/json
Content-Type: application/json
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Connection: keep-alive
Content-Length: 2

{}"""),
    everything=_sent("""\
GET /eureka/apps/ HTTP/1.1
Accept: application/json
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Connection: keep-alive

"""),
    delta=_sent("""\
GET /eureka/apps/delta HTTP/1.1
Accept: application/json
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Connection: keep-alive

"""),
    vip=_sent("""\
GET /eureka/vips/orders HTTP/1.1
Accept: application/json
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Connection: keep-alive

"""),
    out_of_service=_sent("""\
PUT /eureka/apps/ORDERS/localhost:orders:9101/status?value=OUT_OF_SERVICE&lastDirtyTimestamp=1795573016753 HTTP/1.1
Content-Type: application/json
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Accept: text/html, image/gif, image/jpeg, */*; q=0.2
Connection: keep-alive
Content-Length: 2

{}"""),
    back_in_service=_sent("""\
DELETE /eureka/apps/ORDERS/localhost:orders:9101/status?lastDirtyTimestamp=1795573016753 HTTP/1.1
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Accept: text/html, image/gif, image/jpeg, */*; q=0.2
Connection: keep-alive

"""),
    cancellation=_sent("""\
DELETE /eureka/apps/ORDERS/localhost:orders:9101 HTTP/1.1
DiscoveryIdentity-Name: Jersey3DefaultClient
DiscoveryIdentity-Version: 1.4
DiscoveryIdentity-Id: 127.0.0.1
User-Agent: Jersey/3.0.5 (HttpUrlConnection 17.0.15)
Host: 127.0.0.1:18762
Accept: text/html, image/gif, image/jpeg, */*; q=0.2
Connection: keep-alive

"""),
)
