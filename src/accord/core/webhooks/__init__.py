"""Webhooks: other programs are told of events, signed as the Standard Webhooks specification says.

A room declares an event once, and sends it inside the transaction of the write that it tells of:

    webhooks.declare("ticket.created", "A remediation ticket was made")
    webhooks.send("ticket.created", {"ticket": "R-7", …})

Each address that wants the event gets its own delivery row in that transaction: a message is sent if and only if the
write took place, survives a restart, and is tried again with growing pauses until the receiver answers with 2xx.
"""

from accord.core.webhooks.catalogue import declare, declared
from accord.core.webhooks.sending import deliver_due, send
from accord.core.webhooks.services import add_webhook, change_webhook, remove_webhook, rotate, send_test
from accord.core.webhooks.signing import secret_of, sign

__all__ = [
    "add_webhook",
    "change_webhook",
    "declare",
    "declared",
    "deliver_due",
    "remove_webhook",
    "rotate",
    "secret_of",
    "send",
    "send_test",
    "sign",
]
