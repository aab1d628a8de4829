"""What Kommo (amoCRM) offers and asks for."""

from datetime import date, timedelta

from dashboard.contracts.forms import (
    FREQUENCY,
    SYNC_COMPANIES,
    SYNC_CONTACTS,
    SYNC_DEALS,
    SYNC_TASKS,
    Field,
    Form,
    HookSetup,
    Kind,
    MapFields,
    SignIn,
)
from dashboard.contracts.manifest import (
    Category,
    Cursor,
    Endpoint,
    EventType,
    Hooks,
    Keys,
    Manifest,
    OAuth2,
    PageNumber,
    Proof,
    RateLimit,
    Since,
    Source,
    Stream,
)
from dashboard.contracts.records import Company, Contact, Deal, Task

READ = date(2026, 11, 23)
TOKENS = Source("https://developers.kommo.com/docs/long-lived-token", READ)
OAUTH = Source("https://developers.kommo.com/docs/oauth-20", READ)
LIMITS = Source("https://developers.kommo.com/docs/limitations", READ)
WEBHOOKS = Source("https://developers.kommo.com/docs/webhooks-general", READ)

SUBDOMAIN = Field(name="subdomain")
# At most 250 rows a page, times in Unix seconds (developers.kommo.com/reference/leads-list).
PAGES = PageNumber(size=250)
CHANGED = Cursor(param="filter[updated_at][from]", form=Since.UNIX)

MANIFEST = Manifest(
    id="kommo",
    name="Kommo",
    category=Category.CRM,
    # Calls go to the account's own host, consent pages to the brand's (docs/limitations).
    hosts={"api": "https://{account_host}", "auth": "https://{brand_host}"},
    auth=(
        Keys(
            id="token",
            fields=(SUBDOMAIN, Field(name="token", kind=Kind.SECRET)),
            source=TOKENS,
        ),
        OAuth2(
            id="oauth",
            authorize=Endpoint("auth", "/oauth"),
            token=Endpoint("api", "/oauth2/access_token"),
            fields=(SUBDOMAIN,),
            pkce=False,
            # Redirect address and scopes live in the integration's card, not in the request.
            standard_params=False,
            authorize_params={"mode": "popup"},
            json_body=True,
            callback_fields={"referer": "subdomain"},
            rotates=True,
            source=OAUTH,
        ),
    ),
    steps=(
        SignIn(),
        Form(
            name="sync",
            fields=(
                SYNC_DEALS,
                SYNC_CONTACTS,
                SYNC_COMPANIES,
                SYNC_TASKS,
                FREQUENCY,
                Field(
                    name="default_pipeline",
                    kind=Kind.CHOICE,
                    required=False,
                    choices_from="pipelines",
                ),
                Field(
                    name="default_owner",
                    kind=Kind.CHOICE,
                    required=False,
                    choices_from="users",
                ),
            ),
        ),
        MapFields(streams=("deals", "contacts")),
        HookSetup(),
    ),
    limit=RateLimit(7, timedelta(seconds=1), LIMITS),
    streams=(
        Stream(name="deals", record=Deal, enabled_by="sync_deals", paging=PAGES, cursor=CHANGED),
        Stream(
            name="contacts",
            record=Contact,
            enabled_by="sync_contacts",
            paging=PAGES,
            cursor=CHANGED,
        ),
        Stream(
            name="companies",
            record=Company,
            enabled_by="sync_companies",
            paging=PAGES,
            cursor=CHANGED,
        ),
        Stream(name="tasks", record=Task, enabled_by="sync_tasks", paging=PAGES, cursor=CHANGED),
    ),
    actions=(
        "find_contact",
        "create_contact",
        "update_contact",
        "create_deal",
        "update_deal",
        "move_deal",
        "create_task",
        "complete_task",
        "add_note",
        "add_tags",
    ),
    events=(
        EventType(name="deal.created", vendor=("add_lead",)),
        EventType(
            name="deal.changed",
            vendor=("update_lead", "responsible_lead", "delete_lead", "restore_lead"),
        ),
        EventType(name="deal.stage_changed", vendor=("status_lead",)),
        EventType(name="contact.created", vendor=("add_contact",)),
        EventType(
            name="contact.changed",
            vendor=("update_contact", "responsible_contact", "delete_contact", "restore_contact"),
        ),
        EventType(name="task.created", vendor=("add_task",)),
        EventType(name="task.changed", vendor=("update_task", "responsible_task", "delete_task")),
    ),
    hooks=Hooks(proof=Proof.SECRET_URL, source=WEBHOOKS),
    paid_plan="paid_plan",
)
