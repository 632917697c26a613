"""Registers the library's tables with Django's admin.  See also: `pages`, which says how they are shown."""

from django.contrib import admin

from postroad.console.pages.deadletters import DeadLetterAdmin
from postroad.console.pages.locks import SagaLockAdmin
from postroad.console.pages.outbox import OutboxMessageAdmin
from postroad.console.pages.sagas import SagaInstanceAdmin
from postroad.messaging.models import DeadLetter, OutboxMessage
from postroad.sagas.models import SagaInstance, SagaLock

admin.site.register(OutboxMessage, OutboxMessageAdmin)
admin.site.register(DeadLetter, DeadLetterAdmin)
admin.site.register(SagaInstance, SagaInstanceAdmin)
admin.site.register(SagaLock, SagaLockAdmin)
