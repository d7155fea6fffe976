"""NATS JetStream as a source: a durable pull consumer, whose messages are acknowledged when they are on disk.

One batch at a time: fetched, put into the spool, acknowledged. While the disk is full nothing more is fetched, and
the server is told that what was fetched is still being worked on. What is delivered again is known by its stream
sequence (`sequences`), counted as repeat, and acknowledged. `nats-py` is imported when a source of this kind begins.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from accord.monitoring.collecting import certificates
from accord.monitoring.collecting.bodies import UNPACKED, BadBody, Found, events, unpacked
from accord.monitoring.collecting.committing import FRAME
from accord.monitoring.collecting.frames import Record
from accord.monitoring.collecting.framing import SAMPLE
from accord.monitoring.collecting.living import Living
from accord.monitoring.collecting.sequences import MARK

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js.api import ConsumerInfo
    from nats.js.client import JetStreamContext

log = structlog.get_logger("accord.collect")
BATCH, BATCH_BYTES = 500, 16 << 20
"""Messages of one batch, and about how many bytes they have together."""
WAIT, ASK, ANSWER = 2.0, 5.0, 10.0
"""Seconds that a batch is waited for, between two questions how the consumer stands, and for an answer."""
FIRST_AGAIN, LONGEST_AGAIN = 1.0, 30.0
"""Seconds until a server is tried again, growing."""
ACK_WAIT = 60.0
"""Seconds after which a consumer that is made here delivers again what was not acknowledged."""
UNACKNOWLEDGED = 5_000
"""Messages of such a consumer that wait for their acknowledgement, of all its collectors together."""
ENDED = ("Connection lost", "nats: empty response from server when expecting INFO message", "nats: unexpected EOF")
"""What the client says where a server ends the connection; why, TLS 1.3 tells too late."""
_KEYS = (
    ("credentials", "user_credentials", (re.compile("BEGIN NATS USER JWT-"), re.compile("BEGIN USER NKEY SEED-")),
     "both a user's JWT and the seed of its key"),
    ("nkey", "nkeys_seed", (re.compile("SU[A-Z2-7]{56}"),), "the seed of a user's NKey"),
)  # fmt: skip
MISSING = "The NATS client is not installed here: pip install 'accord[nats]', then start the collector again."


class Unusable(ValueError):
    """What is set cannot be used; the text says why, with the remedy."""


class JetStream:
    """Takes the messages of one source until `close`; begins anew, with the next server, whenever a session ends."""

    def __init__(self, living: Living) -> None:
        self._living, self.settings = living, dict(living.wanted.settings)
        self._stop = asyncio.Event()
        self._ack_wait = ACK_WAIT
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """End after the batch that is being written, as far as the disk allows."""
        self._stop.set()
        await asyncio.wait({self._task}, timeout=WAIT + 1)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._living.problem = ""

    async def _run(self) -> None:
        again = FIRST_AGAIN
        for server in itertools.cycle(self.settings.get("servers") or [""]):
            begun = time.monotonic()
            try:
                await self._session(server)
            except Exception as error:
                why = self._why(server, error)
                if why != self._living.problem:
                    log.warning("stream broke off", source=self._living.wanted.key, why=why)
                self._living.problem = why
                self._note(since=None, error=why, error_at=time.time())
            if self._stop.is_set():
                return
            again = FIRST_AGAIN if time.monotonic() - begun > LONGEST_AGAIN else min(again * 2, LONGEST_AGAIN)
            with suppress(TimeoutError):
                async with asyncio.timeout(again):
                    await self._stop.wait()
                    return

    def _note(self, **new: Any) -> None:
        self._living.notes = {**self._living.notes, **new}

    async def _session(self, server: str) -> None:
        """One connection, until it breaks off (then something is raised) or this is closed."""
        if self._living.outstanding is not None:  # of a session before: it may hold what is delivered again now
            await asyncio.wait({self._living.outstanding})
        client = await self._connected(server)
        try:
            context = client.jetstream(timeout=ANSWER)
            info = await self._consumer(context)
            self._living.sequences.begin(f"{info.stream_name}/{info.name}/{info.created.isoformat()}", _floor(info))
            self._ack_wait = info.config.ack_wait or 30.0
            pull = await context.pull_subscribe_bind(durable=info.name, stream=info.stream_name)
            self._living.problem = ""
            self._note(server=server, since=time.time(), problems=self._doubts(info))
            log.info("stream is taken", source=self._living.wanted.key, server=server, stream=info.stream_name)
            await self._batches(client, context, pull, info)
        finally:
            await _close(client)

    async def _batches(
        self, client: Client, context: JetStreamContext, pull: JetStreamContext.PullSubscription, info: ConsumerInfo
    ) -> None:
        asked = 0.0
        largest = client.max_payload
        while not self._stop.is_set():
            if time.monotonic() - asked >= ASK:
                asked = time.monotonic()
                info = await context.consumer_info(info.stream_name, info.name)
                self._living.sequences.forget(_floor(info))
                self._note(
                    pending=info.num_pending, unacknowledged=info.num_ack_pending, redelivered=info.num_redelivered
                )
            try:
                messages = await pull.fetch(max(1, min(BATCH, BATCH_BYTES // max(largest, 1))), timeout=WAIT)
            except TimeoutError:
                messages = []
            if client.is_closed:
                raise ConnectionError("The connection ended.")
            if messages:
                largest = max(1024, max(len(one.data) for one in messages) * 2, largest // 2)
                await self._take(messages)

    # --- messages

    async def _take(self, messages: Sequence[Msg]) -> None:
        """Return when the messages are on disk and acknowledged."""
        waiting = list(messages)
        while waiting:
            size = number = 0
            while number < len(waiting) and (not number or size + len(waiting[number].data) <= FRAME):
                size += len(waiting[number].data)
                number += 1
            await self._write(waiting[:number], waiting)
            await self._acknowledge(waiting[:number])
            del waiting[:number]

    async def _write(self, part: Sequence[Msg], waiting: Sequence[Msg]) -> None:
        known, records, numbers = self._living.sequences, list[Record](), set[int]()
        now = time.time()
        for message in part:
            number = message.metadata.sequence.stream
            if number in known or number in numbers:
                self._living.again += 1
                continue
            numbers.add(number)
            for body, problem in await _records(message):
                records.append(Record(now, body, connection=f"n:{message.subject}"[:200], problem=problem))
        if not numbers:
            return
        mark = known.mark(numbers)

        def done() -> None:
            for _, first, last in mark[MARK]:
                known.add(first, last)

        task = asyncio.get_running_loop().create_task(self._living.intake.put(records, mark, done))
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._living.outstanding = task
        while not task.done():
            ended, _ = await asyncio.wait({task}, timeout=self._ack_wait / 3)
            if not ended:  # the disk is full: the server must not give these to somebody else
                with suppress(Exception):
                    for message in waiting:
                        await message.in_progress()
        task.result()

    async def _acknowledge(self, part: Sequence[Msg]) -> None:
        """Acknowledge, and wait until the server says that it has the last one; it takes them in their order."""
        for message in part[:-1]:
            await message.ack()
        await part[-1].ack_sync(timeout=ANSWER)

    # --- the server

    async def _connected(self, server: str) -> Client:
        try:
            from nats.aio.client import Client
            from nats.errors import NoServersError
        except ImportError:
            raise Unusable(MISSING) from None
        given = await asyncio.to_thread(_options, self.settings, server)
        last: list[Exception] = []

        async def broke(error: Exception) -> None:
            last[:] = [error]
            self._note(error=str(error)[:300] or type(error).__name__, error_at=time.time())

        client = Client()
        try:
            async with asyncio.timeout(ANSWER):  # the client itself goes on trying one that refuses
                await client.connect(
                    server, allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0,
                    connect_timeout=int(ANSWER), error_cb=broke, name="accord", **given,
                )  # fmt: skip
        except BaseException as error:
            await _close(client)
            if last and isinstance(error, TimeoutError | NoServersError):
                raise last[0] from None
            raise
        return client

    async def _consumer(self, context: JetStreamContext) -> ConsumerInfo:
        """The durable consumer as it is; it is made where there is none."""
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
        from nats.js.errors import NotFoundError

        given = self.settings
        stream, durable, subjects = given["stream"], given["durable"], list(given.get("subjects", ()))
        try:
            info: ConsumerInfo = await context.consumer_info(stream, durable)
        except NotFoundError:
            config = ConsumerConfig(
                durable_name=durable, ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_WAIT,
                max_ack_pending=int(given.get("unacknowledged", UNACKNOWLEDGED)),
                deliver_policy=DeliverPolicy.NEW if given.get("start") == "end" else DeliverPolicy.ALL,
                filter_subject=subjects[0] if len(subjects) == 1 else None,
                filter_subjects=subjects if len(subjects) > 1 else None,
            )  # fmt: skip
            info = await context.add_consumer(stream, config)
        config = info.config
        if config.deliver_subject or config.ack_policy != AckPolicy.EXPLICIT:
            raise Unusable(
                f"The consumer “{durable}” pushes, or asks for no acknowledgement of each message. Name another, or"
                " make it a pull consumer with explicit acknowledgement."
            )
        held = config.filter_subjects or ([config.filter_subject] if config.filter_subject else [])
        if subjects and sorted(held) != sorted(subjects):
            raise Unusable(
                f"The consumer “{durable}” takes {', '.join(held) or 'all subjects'}. Name another consumer, or no"
                " subjects: then it counts what it takes."
            )
        return info

    def _doubts(self, info: ConsumerInfo) -> list[str]:
        """What a person should know of how the consumer is set."""
        found = []
        if (info.config.max_deliver or -1) > 0:
            found.append(
                f"The consumer gives a message up after {info.config.max_deliver} deliveries (max_deliver): what is"
                " not acknowledged by then is lost. Set it to -1."
            )
        if info.config.mem_storage:
            found.append("The consumer is kept in memory only: after a restart of the server all comes again.")
        return found

    def _why(self, server: str, error: Exception) -> str:
        """What is wrong, in words, with the remedy."""
        if isinstance(error, Unusable):
            return str(error)
        name, said = type(error).__name__, str(error) or type(error).__name__
        where = urlsplit(server).netloc or server
        if "Authorization" in said or "Authorization" in name or "Authentication" in said:
            return f"{where} does not let this collector in ({said}). Look at the user and the files of its secrets."
        if isinstance(error, ssl.SSLError):
            return f"{where} cannot be trusted, or asks for another certificate ({said}). Look at both."
        if said in ENDED and (self.settings.get("authority") or self.settings.get("certificate")):
            return f"{where} ended the connection ({said}): it may ask for a certificate, or not know the one it saw."
        if name == "NotFoundError":
            return f"{where} has no stream “{self.settings.get('stream')}” ({said}). Make it there, or name another."
        return f"{where} cannot be used now ({said}); it is tried again by itself."


async def _close(client: Client) -> None:
    with suppress(Exception):
        async with asyncio.timeout(WAIT):  # after a handshake that failed it would wait for ever
            await client.close()


def _floor(info: ConsumerInfo) -> int:
    return int(info.ack_floor.stream_seq) if info.ack_floor is not None else 0


async def _records(message: Msg) -> Sequence[Found]:
    """The events of a message: one JSON text, or lines; packed where its header `Content-Encoding` says so."""
    data = message.data
    encoding = (message.headers or {}).get("Content-Encoding", "").strip().lower()
    try:
        if encoding:
            data = await asyncio.to_thread(unpacked, data, encoding)
        if len(data) > UNPACKED:
            raise BadBody(413, f"The message is longer than {UNPACKED:,} bytes.")
        if b"\n" not in data and data[:1] != b"[":
            return ((data, ""),) if data and not data.isspace() else ()
        if data.lstrip()[:1] == b"{" and _is_one(data):
            return ((data, ""),)
        return events(data)
    except BadBody as error:
        return ((data[:SAMPLE], str(error)),)


def _is_one(data: bytes) -> bool:
    import orjson

    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def _options(given: dict[str, Any], server: str) -> dict[str, Any]:
    """How the client shows who it is, and whom it trusts. Secrets are read from their files each time. Unusable."""
    found: dict[str, Any] = {}
    if given.get("user"):
        found["user"], found["password"] = given["user"], _secret(given.get("password_file", ""))
    elif given.get("token_file"):
        found["token"] = _secret(given["token_file"])
    for name, option, parts, what in _KEYS:
        if given.get(name):
            text = _secret(given[name])
            if not all(one.search(text) for one in parts):
                raise Unusable(f"{given[name]} does not hold {what}. Name the file as nsc or nk wrote it.")
            found[option] = given[name]
    authority, certificate = given.get("authority"), given.get("certificate")
    if authority or certificate or urlsplit(server).scheme == "tls":
        try:
            context = ssl.create_default_context(cafile=authority or None)
        except (OSError, ssl.SSLError) as error:
            raise Unusable(f"{authority} cannot be used ({error}). Name a PEM file of authorities.") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate:
            try:
                certificates.load(context, certificate, given.get("key"))
            except certificates.BadCertificate as error:
                raise Unusable(str(error)) from None
        found["tls"] = context
    return found


def _secret(path: str) -> str:
    """What a file of a secret holds, without the end of its line."""
    try:
        with Path(path).open("rb") as stream:
            text = stream.read(1 << 16).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise Unusable(f"{path} cannot be read ({why}). Let the collector's user read it.") from None
    if not text:
        raise Unusable(f"{path} is empty. Write the secret into it.")
    return text
