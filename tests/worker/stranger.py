"""Another Celery application, which knows nothing of Postroad."""

import os

from celery import Celery

app = Celery("stranger", broker=os.environ["STRANGER_BROKER_URL"])
