"""Gunicorn in a pod: `gunicorn config.wsgi -c python:config.gunicorn`.  Not: the gateway, which uvicorn serves.

One process with threads: Kubernetes counts and restarts processes, and metrics and registration are of one.
SIGTERM closes the socket, finishes what runs for WEB_GRACE_SECONDS at most, and ends; the pod's grace must be longer.
"""

from config.environment import number
from config.logs import logging_from
from postroad.runtime.draining import end_connection

bind = f"0.0.0.0:{number('PORT', 8000, most=65535)}"
workers = 1
worker_class = "gthread"
threads = number("WEB_THREADS", 4)
graceful_timeout = number("WEB_GRACE_SECONDS", 25)
keepalive = 75  # seconds: longer than our clients keep a connection (60), so that they, not we, end an idle one
preload_app = False  # the first process would open what a fork cannot share
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat file of gunicorn; the root is read-only, and disks stall
control_socket_disable = True  # its default place is below the home directory
accesslog = None  # the gateway or the ingress has one
logconfig_dict = logging_from("INFO")
pre_request = end_connection
