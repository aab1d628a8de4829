"""A public client of Kommo works against the sandbox over real HTTP, and reads its webhooks."""

import asyncio

import pytest
from aioamocrm import (
    AmoCRMClient,
    AuthError,
    LongLivedToken,
    NotFoundError,
    RetryPolicy,
    ValidationError,
    parse_webhook,
)

NO_RETRY = RetryPolicy(max_attempts=1)


def working(served, work, token=""):
    """Run `work(client)` with the public client signed in to the sandbox."""

    async def session():
        auth = LongLivedToken(token or served.credentials["token"])
        async with AmoCRMClient(base_url=served.url, auth=auth, retry=NO_RETRY) as client:
            return await work(client)

    return asyncio.run(session())


def test_it_walks_all_pages_of_deals(served):
    async def read(client):
        filters = {"updated_at": {"from": 1}}
        order = {"updated_at": "asc"}
        walk = client.leads.iterate(filter=filters, order=order, with_=["contacts"])
        return [lead async for lead in walk]

    leads = working(served, read)
    assert len({lead.id for lead in leads}) == 268
    assert all(lead.embedded.contacts for lead in leads)


def test_it_reads_the_account_and_its_lists(served):
    async def read(client):
        account = await client.account.get()
        pipelines = await client.pipelines.list()
        users = [user async for user in client.users.iterate()]
        fields = [field async for field in client.contacts.custom_fields.iterate()]
        return account, pipelines, users, fields

    account, pipelines, users, fields = working(served, read)
    assert account.subdomain == "sandbox-desk"
    assert {status.id for status in pipelines[0].embedded.statuses} >= {142, 143}
    assert len(users) == 4
    assert {"PHONE", "EMAIL"} <= {field.code for field in fields}


def test_it_creates_links_and_moves(served):
    async def work(client):
        person = {"first_name": "Ann", "last_name": "Witness"}
        [contact] = await client.contacts.create([person])
        [lead] = await client.leads.create([{"name": "By witness", "price": 700}])
        await client.leads.link(lead.id, "contacts", contact.id, metadata={"is_main": True})
        await client.leads.update([{"id": lead.id, "status_id": 142}])
        await client.leads.notes.create(
            [{"entity_id": lead.id, "note_type": "common", "params": {"text": "Seen"}}]
        )
        notes = await client.leads.notes.get_page(entity_id=lead.id)
        return contact, await client.leads.get(lead.id, with_=["contacts"]), notes

    contact, lead, notes = working(served, work)
    assert (lead.status_id, lead.price) == (142, 700)
    assert [one.id for one in lead.embedded.contacts] == [contact.id]
    assert len(notes) == 1


def test_it_sets_and_completes_a_task(served):
    async def work(client):
        [task] = await client.tasks.create([{"text": "Call", "complete_till": 1_900_000_000}])
        await client.tasks.complete(task.id, result="done")
        return await client.tasks.get(task.id)

    assert working(served, work).is_completed


def test_it_recognises_the_sandboxs_refusals(served):
    async def odd_price(client):
        await client.leads.create([{"name": "x", "price": "a lot"}])

    async def missing(client):
        await client.leads.get(1)

    with pytest.raises(ValidationError) as refused:
        working(served, odd_price)
    with pytest.raises(NotFoundError):
        working(served, missing)
    with pytest.raises(AuthError):
        working(served, missing, token="not-a-token")
    assert refused.value.errors[0].path == "price"


def test_it_reads_the_webhooks_that_the_sandbox_sends(served):
    async def work(client):
        listen = {"destination": "https://desk.test/hooks/x", "settings": ["status_lead"]}
        await client.request("POST", "webhooks", json=listen)
        [lead] = await client.leads.create([{"name": "Told", "pipeline_id": 7100}])
        await client.leads.update([{"id": lead.id, "status_id": 7103}])
        return lead

    lead = working(served, work)
    [sent] = served.emitted
    hook = parse_webhook(sent.body)
    [event] = hook.events
    assert (event.entity, event.action, event.id) == ("leads", "status", lead.id)
    assert event.payload["old_status_id"] == "7102"
    assert hook.subdomain == "sandbox-desk"
