"""Settings of doctor, cluster and console."""

from dataclasses import dataclass

from postroad.conf import CoreSettings, key
from postroad.conf_readers import read_flag, read_names


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsSettings(CoreSettings):
    """Each attribute is a key of POSTROAD in lower case."""

    siblings: tuple[str, ...] = key(
        (), "services that `manage.py doctor` asks, beside this one; as text, separated by commas", read=read_names
    )
    cluster_page: bool = key(
        default=False, line="show the pods of this release in the admin; needs a ServiceAccount", read=read_flag
    )
    cluster_release: str = key("postroad", "Helm release that `manage.py cluster` and the admin show")
