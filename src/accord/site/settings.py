"""Django's settings, from the environment (see `accord.site.configuration`)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from accord.site import configuration as given

HERE = Path(__file__).resolve().parent
HOME = given.home()

SECRET_KEY = given.secret_key()
DEBUG = given.flag("ACCORD_DEBUG")
ALLOWED_HOSTS = [host.strip() for host in given.value("ACCORD_HOSTS").split(",") if host.strip()]
ORIGIN = given.value("ACCORD_ORIGIN")
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN else []

ROOMS = [
    room
    for room in (
        "core", "ui", "organization", "estate", "strategy", "exposure", "monitoring", "program", "risk", "decisions",
        "briefing",
    )
    if (HERE.parent / room / "apps.py").exists()
]  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    *(f"accord.{room}" for room in ROOMS),
    "accord.site",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "axes",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "ninja",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accord.site.middleware.RefusedMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "accord.site.urls"
ASGI_APPLICATION = "accord.site.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accord.site.context.site",
            ],
        },
    },
]
DATABASES = {"default": given.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accord.site.adapters.Backend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accord.site.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accord.site.adapters.SocialAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Accord"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or not ORIGIN
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if given.value("ACCORD_OIDC_SERVER"):
    # It brings an HTTP client of its own along, which a house without single sign-on need not load.
    INSTALLED_APPS.append("allauth.socialaccount.providers.openid_connect")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "company",
                "name": given.value("ACCORD_OIDC_NAME") or "Single sign-on",
                "client_id": given.value("ACCORD_OIDC_CLIENT"),
                "secret": given.value("ACCORD_OIDC_SECRET"),
                "settings": {"server_url": given.value("ACCORD_OIDC_SERVER")},
            }
        ]
    }
globals().update(given.mail())
DEFAULT_FROM_EMAIL = given.value("ACCORD_MAIL_FROM")
ACCORD_FEED_STALE_DAYS = given.stale_days()
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_VERBOSE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ORIGIN.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = given.value("ACCORD_TIME_ZONE")

STATIC_URL = "static/"
STATICFILES_DIRS: list[Path] = []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 << 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
NINJA_PAGINATION_PER_PAGE = 50

ACCORD_PERMISSION_TABLE = HERE / "permissions.csv"
ACCORD_CURRENCY = given.value("ACCORD_CURRENCY").upper()
ACCORD_ORGANIZATION = given.value("ACCORD_ORGANIZATION")
ACCORD_NOTICE = given.notice()
ACCORD_WEBHOOKS_LOCAL = given.flag("ACCORD_WEBHOOKS_LOCAL")
ACCORD_FILES = given.value("ACCORD_FILES") or str(HOME / "files")
ACCORD_EVENTS = given.value("ACCORD_EVENTS") or str(HOME / "events")
ACCORD_EVENTS_FREE = int(given.value("ACCORD_EVENTS_FREE"))
ACCORD_ANALYST_HOUR = Decimal(given.value("ACCORD_ANALYST_HOUR")) if given.value("ACCORD_ANALYST_HOUR") else None
ACCORD_ACCEPTANCE_DAYS = int(given.value("ACCORD_ACCEPTANCE_DAYS"))
ACCORD_EXCEPTION_DAYS = int(given.value("ACCORD_EXCEPTION_DAYS"))
ACCORD_SILENCE_DAYS = int(given.value("ACCORD_SILENCE_DAYS"))
ACCORD_WATCH_HOUR = given.watch_hour()
ACCORD_MAX_UPLOAD_BYTES = int(given.value("ACCORD_MAX_UPLOAD_BYTES"))

LOGGING_CONFIG = None
