"""Screens that belong to no single room: tables in and out, the ledger, jobs, accounts, settings."""

from __future__ import annotations


def declare() -> None:
    """Enter them into navigation, palette and account menu."""
    from accord.ui import account_links, badges, navigation, palette

    entry = navigation.Entry
    navigation.register(
        entry("Administration", "Import and export", "site:data", "file", "import", 10, "import"),
        entry("Administration", "Ledger", "site:ledger", "ledger", "view", 20, "ledger"),
        entry("Administration", "Jobs", "site:jobs", "job", "view", 30, "jobs"),
        entry("Administration", "Accounts", "site:accounts", "account", "view", 40, "people"),
        entry("Administration", "Installation", "site:installation", "setting", "view", 50, "settings"),
        entry("Administration", "Webhooks", "site:webhooks", "webhook", "view", 60, "settings"),
    )
    badges.register(
        "delivery",
        {
            "waiting": badges.Badge("Waiting", "neutral", "clock"),
            "delivered": badges.Badge("Delivered", "good", "check"),
            "failed": badges.Badge("Given up", "danger", "cross"),
        },
    )
    palette.register_page("Add an account", "site:account_new", noun="account", verb="change")
    account_links.register("API tokens", "site:tokens", "key")
