"""Every setting of Accord: its environment variable, default and meaning (the same in docs/settings.md)."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("ACCORD_HOME", "./accord-data", "Folder of the database, files and keys of this installation."),
    Setting("ACCORD_DATABASE_URL", "", "postgresql://user:password@host:port/name; empty = SQLite in the home."),
    Setting("ACCORD_FILES", "", "Where files are kept: a folder or any fsspec URL; empty = files/ in the home."),
    Setting(
        "ACCORD_EVENTS",
        "",
        "Folder of events: the spool, the store and the compiled rules; empty = events/ in the home.",
    ),
    Setting(
        "ACCORD_EVENTS_FREE",
        "1073741824",
        "Bytes of free space on the disk of events below which the intake of logs pauses.",
    ),
    Setting("ACCORD_SECRET_KEY", "", "Key that signs sessions; empty = one is made in the home."),
    Setting("ACCORD_HOSTS", "localhost,127.0.0.1,[::1]", "Host names under which Accord answers, by comma."),
    Setting("ACCORD_ORIGIN", "", "https://accord.example: the outer address, where a proxy ends TLS."),
    Setting("ACCORD_ORGANIZATION", "", "Name of the organization; empty = the name of its top unit."),
    Setting("ACCORD_NOTICE", "", "A few words on every page, such as “Test system”."),
    Setting("ACCORD_CURRENCY", "EUR", "ISO 4217 code of the one currency of all money."),
    Setting("ACCORD_TIME_ZONE", "UTC", "Zone in which times are shown, such as Europe/Vienna."),
    Setting("ACCORD_ACCEPTANCE_DAYS", "365", "The longest that findings may be accepted, or a patch put off, in days."),
    Setting("ACCORD_EXCEPTION_DAYS", "180", "The longest that an exception to a detection rule may hold, in days."),
    Setting("ACCORD_SILENCE_DAYS", "14", "The longest that alerts may be silenced, in days."),
    Setting("ACCORD_ANALYST_HOUR", "", "What an hour of an analyst costs; empty = the cost of triage stays unknown."),
    Setting(
        "ACCORD_FEED_STALE_DAYS",
        "kev=7,epss=7,ssvc=14,eol=30",
        "Age in days from which a feed is shown as stale, by feed.",
    ),
    Setting("ACCORD_WATCH_HOUR", "7", "Hour at which the daily watch is composed and mailed, in ACCORD_TIME_ZONE."),
    Setting("ACCORD_MAIL_SERVER", "", "smtp://user:password@host:port or smtps://…; empty = no mail is sent."),
    Setting("ACCORD_MAIL_FROM", "accord@localhost", "Sender of mail."),
    Setting("ACCORD_MAX_UPLOAD_BYTES", "2147483648", "Largest file that is taken in."),
    Setting("ACCORD_OIDC_NAME", "", "Name on the button of the OpenID Connect provider; empty = none."),
    Setting("ACCORD_OIDC_SERVER", "", "Address of the OpenID Connect provider."),
    Setting("ACCORD_OIDC_CLIENT", "", "Client identifier at that provider."),
    Setting("ACCORD_OIDC_SECRET", "", "Client secret at that provider."),
    Setting("ACCORD_WEBHOOKS_LOCAL", "no", "yes = webhooks may go to this machine and to link-local addresses."),
    Setting("ACCORD_DEBUG", "no", "yes = show tracebacks; never where others can reach it."),
    Setting("ACCORD_LOG_FORMAT", "text", "text or json."),
)
_DEFAULTS = {s.name: s.default for s in SETTINGS}
SAMPLE_LOGINS = "demo-logins.json"
SAMPLE_NOTICE = "Sample company, invented"


def value(name: str) -> str:
    """The value of a setting; an unknown name is a KeyError."""
    return os.environ.get(name, "").strip() or _DEFAULTS[name]


def notice() -> str:
    """The words on every page; a home that holds the sample company says so, whoever serves it."""
    return value("ACCORD_NOTICE") or (SAMPLE_NOTICE if (home() / SAMPLE_LOGINS).is_file() else "")


def flag(name: str) -> bool:
    return value(name).lower() in {"yes", "true", "1"}


def home() -> Path:
    return Path(value("ACCORD_HOME")).resolve()


def secret_key() -> str:
    """The configured key, or the one in the home, made at first need and readable by its owner only."""
    given = value("ACCORD_SECRET_KEY")
    if given:
        return given
    path = home() / "secret-key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = secrets.token_urlsafe(48)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as stream:
            stream.write(made)
        return made


def database() -> dict[str, object]:
    """Django's description of the database that the settings name."""
    url = value("ACCORD_DATABASE_URL")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(home() / "accord.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456;"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"ACCORD_DATABASE_URL: “{parts.scheme}” is not supported; use postgresql://…")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def mail() -> dict[str, object]:
    """Django's mail settings; without a server, mail goes nowhere."""
    url = value("ACCORD_MAIL_SERVER")
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("ACCORD_MAIL_SERVER: write smtp://host:port or smtps://host:port")
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and bool(parts.username),
        "EMAIL_TIMEOUT": 20,
    }


def stale_days() -> dict[str, int]:
    """Feed → days; a malformed setting is a ValueError."""
    found = dict(part.split("=", 1) for part in _DEFAULTS["ACCORD_FEED_STALE_DAYS"].split(","))
    for part in filter(None, value("ACCORD_FEED_STALE_DAYS").split(",")):
        feed, _, days = part.strip().partition("=")
        if feed not in found or not days.isdigit() or int(days) < 1:
            raise ValueError(f"ACCORD_FEED_STALE_DAYS: “{part}” is none of kev, epss, ssvc, eol with a number of days")
        found[feed] = days
    return {feed: int(days) for feed, days in found.items()}


def watch_hour() -> int:
    """The hour of the daily watch; what is none is a ValueError."""
    text = value("ACCORD_WATCH_HOUR")
    if not text.isdecimal() or int(text) > 23:
        raise ValueError(f"ACCORD_WATCH_HOUR: “{text}” is no hour from 0 to 23")
    return int(text)
