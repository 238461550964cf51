"""One settings file, read from the environment; docs/operation.md lists every variable.

A secret can be given as NAME or as NAME_FILE (the path of a file that holds it).
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str | None = None) -> str:
    """The variable's text, or what stands in the file named by NAME_FILE; KeyError without a default."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is None:
        raise KeyError(f"{name} (or {name}_FILE) is not set; bin/up sets it, see docs/operation.md")
    return value


def secret(name: str, why: str) -> str:
    """A key that nothing may stand in for; only PORTAL_BUILD=1, which opens no database, goes without."""
    value = env(name, "")
    if value:
        return value
    if flag("PORTAL_BUILD"):
        return f"{name}-only-for-building"
    raise ImproperlyConfigured(
        f"{name} is not set: {why}. Give it as {name}, or as {name}_FILE, the path of a file that holds it. "
        f"bin/up makes one in PORTAL_DATA/secrets, bin/secrets makes those of docker-compose.yml; "
        f"see 'Variables' in docs/operation.md"
    )


def flag(name: str, default: bool = False) -> bool:
    return env(name, "1" if default else "0").lower() in ("1", "true", "yes", "on")


def database(url: str) -> dict:
    """postgresql://user:password@host:port/name?host=/socket/dir as Django's dictionary."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": options.pop("port", None) or parts.port or "",
        "OPTIONS": options,
        "ATOMIC_REQUESTS": False,  # portal.tenancy opens the transaction together with the district
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


DATA_DIR = Path(env("PORTAL_DATA", str(BASE_DIR / "var")))
#: A folder with a deployment's own licensed fonts for official documents (docs/pdf.md); none is needed.
FONTS_DIR = env("PORTAL_FONTS", "")
#: Tiles below the map of facilities: an address with {z}, {x}, {y}. Empty: the server draws, no map server is asked.
MAP_TILES = env("MAP_TILES", "")
#: The datum of the tiles, wgs84 or gcj02; the points are converted to fit.
MAP_TILES_DATUM = env("MAP_TILES_DATUM", "wgs84")
#: Whose tiles they are, as their licence wants it said.
MAP_TILES_CREDIT = env("MAP_TILES_CREDIT", "")
#: Who sends short messages: the dotted path of a function (phone, text); see docs/events.md.
SMS_GATEWAY = env("SMS_GATEWAY", "")
DEBUG = flag("DEBUG")
SECRET_KEY = secret("SECRET_KEY", "it signs the sessions")
#: Fernet keys, comma separated, the first one encrypts; losing them loses identity numbers and draw links.
FIELD_KEYS = env("FIELD_KEYS", "")
#: The key of the hash by which a person is known across districts; never changes, unlike SECRET_KEY, which may.
HASH_KEY = secret("HASH_KEY", "by its hash a person is known across districts")
ALLOWED_HOSTS = [h for h in env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in env("CSRF_TRUSTED_ORIGINS", "").split(",") if o]
PORTAL_URL = env("PORTAL_URL", "http://localhost:8000")

#: The application's role: no owner, no superuser, under row-level security.
DATABASES = {"default": database(env("DATABASE_URL", "postgresql://portal_app@localhost/portal"))}
#: The owner's URL, used by `migrate` only (portal/management/commands/migrate.py).
DATABASE_OWNER_URL = env("DATABASE_OWNER_URL", "")
REDIS_URL = env("REDIS_URL", "redis://localhost:6379/0")

INSTALLED_APPS = [
    "portal",
    "facilities",
    "inspections",
    "guidance",
    "targets",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "guardian",
    "axes",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.wrong_method_page",
    "portal.middleware.DistrictMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.page",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.templatetags.parameters",
                "portal.templatetags.ui",
                "portal.templatetags.ui_fields",
                "portal.templatetags.ui_figures",
                "facilities.templatetags.credit",
            ],
        },
    }
]

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.validators.ThreeClassesValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "portal.views.session.client_address"
AXES_RESET_ON_SUCCESS = True  # five failures in a row
BEHIND_PROXY = flag("BEHIND_PROXY")
AXES_LOCKOUT_CALLABLE = "portal.views.session.locked_out"
AXES_ENABLE_ACCESS_FAILURE_LOG = True
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # rights are asked through QuerySet.allowed, not user.has_perm

SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_ENGINE = "django.contrib.sessions.backends.cache"  # written at each request: not into Postgres
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("SECURE_COOKIES", default=PORTAL_URL.startswith("https"))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 30 * 86400 if SESSION_COOKIE_SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "style-src": ["'self'", "'unsafe-inline'"],  # widths of bars are style attributes
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = []  # each app keeps its own catalogue in <app>/locale
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env("STATIC_ROOT", str(DATA_DIR / "static")))
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": int(env("TASK_VISIBILITY_SECONDS", "3600"))}
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_DEFAULT_QUEUE = "portal"
CELERY_BEAT_SCHEDULE = {
    "months in order": {"task": "inspections.see_months", "schedule": 3600},
    "rulebook of the day": {"task": "facilities.every_rulebook", "schedule": crontab(hour=4, minute=30)},
    "rounds of the quarter": {"task": "targets.every_round", "schedule": crontab(hour=5, minute=30)},
    "figures of the month": {"task": "targets.every_month", "schedule": crontab(hour=6, minute=0)},
    "figures of the year": {"task": "targets.every_year", "schedule": crontab(hour=6, minute=30)},
    "letters of the naming cycle": {"task": "targets.every_letter", "schedule": 900},
    "reports of the month": {"task": "targets.every_report", "schedule": crontab(hour=7, minute=0)},
    "credit record of the day": {"task": "facilities.see_all_credit", "schedule": 3600},
    "clocks of filings": {"task": "facilities.see_all_filings", "schedule": 3600},
    "records of children who left": {
        "task": "facilities.every_deletion",
        "schedule": crontab(hour=4, minute=30),
    },
    "resources for families": {"task": "guidance.every_push", "schedule": crontab(hour=9, minute=30)},
    "list of guided children": {"task": "guidance.every_list", "schedule": crontab(hour=4, minute=45)},
    "files whose time is over": {"task": "portal.sweep_all_files", "schedule": crontab(hour=3, minute=30)},
    "papers of who left": {"task": "facilities.every_paper", "schedule": crontab(hour=3, minute=30)},
    "message of the day": {"task": "portal.send_digests", "schedule": crontab(hour=7, minute=30)},
    "silent cameras": {"task": "inspections.see_all_devices", "schedule": 600},
    "watch list of the week": {"task": "inspections.see_all_watches", "schedule": 3600},
    "risk grades of the month": {
        "task": "inspections.propose_all_grades",
        "schedule": crontab(hour=4, minute=15),
    },
    "results published in time": {"task": "inspections.publish_results", "schedule": 3600},
}

#: When the history says that a row was written (portal/history.py); asked once per statement.
PGHISTORY_CREATED_AT_FUNCTION = "(SELECT public.portal_recorded_at())"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.authentication.HasScope"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "portal.authentication.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "善育 API",
    "DESCRIPTION": "托育服务管理数据接口。Childcare portal of a city's districts.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # names for values that several shapes share; without them the generator makes some up
    "ENUM_NAME_OVERRIDES": {
        "FacilityKindEnum": "facilities.api.facilities.KINDS",
        "FacilityStateEnum": "facilities.rules.states.FACILITY.states",
        "TrainingKindEnum": "facilities.api.training.KINDS",
        "TrainerKindEnum": "facilities.api.training.TRAINER_KINDS",
        "FindingStateEnum": "inspections.rules.states.FINDING.states",
        "OrderStateEnum": "inspections.rules.states.ORDER.states",
        "PlanStateEnum": "inspections.rules.states.PLAN.states",
        "AnswerEnum": "inspections.rules.states.ANSWERS",
        "CampaignKindEnum": "inspections.models.Campaign.Kind.values",
        "CampaignStateEnum": "inspections.rules.joint_states.CAMPAIGN.states",
        "ReplyStateEnum": "inspections.rules.joint_states.REPLY.states",
        "VisitPartStateEnum": "inspections.rules.joint_states.PART.states",
        "SiteModeEnum": "facilities.models.enrolments.Mode.values",
        "PlaceKindEnum": "facilities.circle.WANTED",
        "GuidanceDomainEnum": "guidance.rules.services.KINDS",
        "EventKindEnum": "guidance.rules.events.KINDS",
        "EventStateEnum": "guidance.api.events.STATES",
        "EmergencyKindEnum": "facilities.rules.emergency.KINDS",
        "TargetVerdictEnum": "targets.api.VERDICTS",
        "SnapshotPeriodEnum": "targets.api.PERIODS",
        "DocumentOriginEnum": "targets.api_documents.ORIGINS",
        "TaskOriginEnum": "targets.api_tasks.ORIGINS",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
