"""What a person sees and does in the Prefect UI, in a real browser (T2, P2)."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from steadyhand.domain.approval import ApprovalStatus, Gate
from steadyhand.domain.incident import IncidentStatus
from tests.e2e.rehearsed import World, fresh_code

pytestmark = pytest.mark.timeout(280)
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of Debian's chromium."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed; `make test` installs it, or: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(_QUIET))
        yield await browser.new_page(viewport={"width": 1300, "height": 1100})
        await browser.close()


async def _picture(page: Page, name: str) -> None:
    """Kept where STEADYHAND_SCREENSHOTS says, for somebody to look at."""
    if directory := os.environ.get("STEADYHAND_SCREENSHOTS"):
        Path(directory).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(directory) / f"{name}.png")


async def test_a_person_starts_an_incident_with_the_form_and_approves_its_plan_in_the_browser(
    world: World, page: Page
) -> None:
    """T2, P2: choices and help texts, the exact change and the evidence, a name and a code; the run then goes on."""
    world.inject("planner-contract")
    incident = await world.incident()
    question = await world.question(incident, Gate.MITIGATION)
    profile = world.stage.profile

    async with world.prefect() as client:
        deployment = await client.read_deployment_by_name(profile.prefect.deployment)
    await page.goto(f"{profile.prefect.api_url.removesuffix('/api')}/deployments/deployment/{deployment.id}/run")
    for label in (
        "Which environment?",
        "How severe?",
        "What is wrong?",
        "What to look at (Optional)",
        "Dry run (Optional)",
    ):
        await page.get_by_text(label, exact=True).wait_for()
    await page.get_by_text("One or two sentences, as you would say them in the channel.").wait_for()
    await _picture(page, "form")

    await page.goto(profile.prefect.run_address(await world.run_id(incident)))
    await page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("Approve this plan for production?").wait_for()
    assert "PLANNING__ENABLED: true → false" in await dialog.inner_text()
    await dialog.locator(".p-select-button__control").focus()
    await page.keyboard.press("ArrowDown")
    await page.locator(".p-select-option", has_text="approve").click()
    fields = dialog.locator("textarea")
    await fields.nth(0).fill(world.stage.person)
    await fields.nth(1).fill(await fresh_code(world))
    await fields.nth(2).fill("seen in the browser")
    await _picture(page, "approval")
    await dialog.get_by_role("button", name="Submit").click()

    approved = await world.answered(question)
    assert (approved.status, approved.via, approved.comment) == (
        ApprovalStatus.APPROVED,
        "Prefect UI",
        "seen in the browser",
    )
    await world.status(incident, IncidentStatus.MONITORING, IncidentStatus.AWAITING_CLOSURE)
    await _picture(page, "resumed")
    assert (await world.deployment()).environment["PLANNING__ENABLED"] == "false"
