"""What is true everywhere. `dev`, `test` and `production` only override."""

from datetime import timedelta
from importlib.util import find_spec

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = env.BASE_DIR
DATA_DIR = env.data_folder().path

# --- Mode ---------------------------------------------------------------------------------------
DEBUG = False
DEMO = env.flag("DEMO", False)
DEMO_DATE = env.demo_date(DEMO)  # pins the business date, see core/clock.py
HTTPS = env.flag("HTTPS", False)  # a front end in front of us speaks TLS to the users

# --- Secrets ------------------------------------------------------------------------------------
SECRET_KEY = env.text("SECRET_KEY")
FIELD_KEY = env.text("FIELD_KEY")  # encrypts identity numbers, phones and accounts

# --- Applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "axes",
    "csp",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "core",
    "accounts",
    "villages",
    "households",
    "indicators",
    "tasks",
    "reports",
    "imports",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.PageHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # before whitenoise: its files travel compressed too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.SessionLifetimeMiddleware",
    "accounts.middleware.LapsedSessionMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.OwnPasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.NotReadyMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                *(["core.context.frame"] if find_spec("core.context") else []),
            ],
        },
    }
]
FORM_RENDERER = "core.forms.QinglingRenderer"
FILTERS_EMPTY_CHOICE_LABEL = _("全部")

# --- Database -----------------------------------------------------------------------------------
# The web processes alone are given a time limit for a statement: a page that would block for long
# fails readably, while a job may work as long as it needs.
_WEB_STATEMENT_TIMEOUT_MS = env.integer("WEB_STATEMENT_TIMEOUT", 0)
_WEB_LIMITS = f"-c statement_timeout={_WEB_STATEMENT_TIMEOUT_MS} -c lock_timeout=10000"
DATABASES = {
    "default": {
        **environ.Env.db_url_config(env.text("DATABASE_URL")),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            **({"options": _WEB_LIMITS} if _WEB_STATEMENT_TIMEOUT_MS else {}),
        },
    }
}

# --- Sign-in ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.GrantBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.backends.LettersAndDigitsValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 30 * 60  # idle
SESSION_KEPT_FOR = timedelta(minutes=1)  # the idle time is counted anew no oftener
SESSION_LIFETIME = timedelta(hours=8)  # however busy
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # both together: nobody can lock out another
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "config.errors.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- Security headers ---------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],  # Bootstrap's icons; pictures before they are sent
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- Language, time, formats --------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = (
    False  # codes and years stay untouched; amounts ask for grouping with intcomma
)
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- Files --------------------------------------------------------------------------------------
# Served from where they lie; `?v=` in their address changes with their content.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 7 * 24 * 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.VersionedStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"
EVIDENCE_DIR = DATA_DIR / "evidence"  # papers and photographs of households; no address leads there
EVIDENCE_MAX_BYTES = env.integer("EVIDENCE_MAX_MB", 10) * 1024 * 1024  # of one file
EVIDENCE_MAX_COUNT = env.integer("EVIDENCE_MAX_COUNT", 200)  # standing files of one household
EVIDENCE_KEEP_LOCATION = env.flag("EVIDENCE_KEEP_LOCATION", False)  # where a photograph was taken
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",  # first: anonymous is then 401, not 403
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.AccessPermission"],
    "EXCEPTION_HANDLER": "core.api.explain",
    "DEFAULT_PAGINATION_CLASS": "core.api.Pagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=30), "TOKEN_LIMIT_PER_USER": 10, "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "清零达标 API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {  # several fields are named `state` or `status`
        "CaseState": "tasks.enums.CaseState",
        "BatchState": "imports.enums.BatchState",
        "CheckState": "households.enums.CheckState",
        "FilingState": "reports.enums.FilingState",
        "ObligationState": "reports.enums.ObligationState",
        "RunState": "indicators.enums.RunState",
        "ImportKind": "imports.enums.ImportKind",
        "HouseholdStatus": "households.enums.Status",
        "Verdict": "indicators.enums.Verdict",
    },
}

# --- Background jobs ----------------------------------------------------------------------------
# PostgreSQL holds the jobs (core/work.py); Celery only rings the bell, so a message may be lost.
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL")
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A frozen broker must not hang who rings: two seconds, one more try, then the sweeper's turn.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "var" / "beat-schedule")
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BEAT_SCHEDULE = {
    # Every half minute: re-queue what a dead worker held, and ring again for what still waits.
    "sweep": {"task": "core.sweep", "schedule": 30.0, "options": {"expires": 25}},
    # 00:30: recompute every village as of the day that just ended. At the other hours it finds
    # something to do only after an outage: a missed night is caught up within the hour.
    "nightly": {"task": "indicators.nightly", "schedule": crontab(minute=30)},
    # At the start of the working day: open the month's obligations and remind who has not reported.
    "reports": {"task": "reports.open_month", "schedule": crontab(hour=8, minute=0)},
    # Before the night's figures: files that a crash left without a row.
    "evidence": {"task": "households.sweep_evidence", "schedule": crontab(hour=23, minute=40)},
    # Then the days that the household's row keeps for the list, against what they are kept of.
    "caches": {"task": "households.check_list_caches", "schedule": crontab(hour=23, minute=50)},
}

# --- Logging ------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}},
}
