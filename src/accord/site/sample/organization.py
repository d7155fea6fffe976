"""Units, persons, goals and capabilities of the sample company."""

from __future__ import annotations

from random import Random

from accord.site.sample.company import DOMAIN, DemoUser, Tables, story

TITLES = {
    "U-IT": (
        "Enterprise architect",
        "Portfolio manager",
        "Service manager",
        "IT controller",
        "Supplier manager",
    ),
    "U-IT-APP": (
        "Application owner",
        "Software engineer",
        "Business analyst",
        "Test engineer",
        "Product owner",
    ),
    "U-IT-INF": (
        "System engineer",
        "Network engineer",
        "Service desk agent",
        "Cloud engineer",
        "Backup engineer",
    ),
    "U-IT-DATA": ("Data engineer", "Integration engineer", "Data analyst"),
    "U-SEC": ("Security engineer", "Security analyst", "Governance and risk officer", "Awareness officer"),
    "U-ENG": ("Automation engineer", "Refrigeration engineer", "Plant electrician"),
    "U-QA": ("Quality manager", "Validation engineer"),
    "U-PHARMA": ("Lane manager", "Pharma shift leader"),
    "U-FIN": ("Controller", "Treasurer", "Accountant"),
}
PLAIN = ("Team leader", "Coordinator", "Specialist")
STORES = ("U-WH-SKA", "U-WH-ELB", "U-WH-TOR", "U-WH-MIR")


def key_of(name: str) -> str:
    return name.lower().replace(" ", ".")


def persons(rng: Random) -> list[dict[str, object]]:
    """About 170 persons: executives, owners, heads, IT and security staff. Nobody else needs to be known."""
    told = story("organization")
    first, heads_of, tails = (told["names"][part].split() for part in ("first", "last_head", "last_tail"))

    def invent() -> str:
        return f"{rng.choice(first)} {rng.choice(heads_of)}{rng.choice(tails)}"

    rows: list[dict[str, object]] = []
    taken: set[str] = set()

    def add(key: str, name: str, unit: str, title: str, heads: bool) -> None:
        taken.add(key)
        rows.append(
            {
                "key": key,
                "name": name,
                "email": f"{key}@{DOMAIN}",
                "unit": unit,
                "role_title": title,
                "heads_unit": heads,
            }
        )

    for one in told["people"]:
        add(one["key"], one["name"], one["unit"], one["title"], one.get("heads", False))
    headed = {row["unit"] for row in rows if row["heads_unit"]}
    for unit, (label, _parent, _people, recorded) in told["units"].items():
        present = sum(row["unit"] == unit for row in rows)
        for number in range(present, recorded):
            name = invent()
            while key_of(name) in taken:
                name = invent()
            heads = unit not in headed
            headed.add(unit)
            titles = TITLES.get(unit, PLAIN)
            title = f"Head of {label[0].lower()}{label[1:]}" if heads else titles[number % len(titles)]
            add(key_of(name), name, unit, title, heads)
    return rows


def tables(people: list[dict[str, object]]) -> Tables:
    """The rows of unit, person, goal, capability and goal_capability."""
    told = story("organization")
    units = [{"key": key, "name": row[0], "parent": row[1]} for key, row in told["units"].items()]
    goals = [dict(row) for row in told["goals"]]
    capabilities = [
        {"key": key, "name": name, "description": text} for key, (name, text, _) in told["capabilities"].items()
    ]
    carried = [
        {"goal": goal, "capability": key, "share": share}
        for key, (_, _, by_goal) in told["capabilities"].items()
        for goal, share in by_goal.items()
    ]
    return {
        "unit": units,
        "person": people,
        "goal": goals,
        "capability": capabilities,
        "goal_capability": sorted(carried, key=lambda row: (row["goal"], row["capability"])),
    }


def heads(people: list[dict[str, object]]) -> dict[str, str]:
    """Unit → key of the person who heads it."""
    return {str(row["unit"]): str(row["key"]) for row in people if row["heads_unit"]}


def demo_users(people: list[dict[str, object]]) -> tuple[DemoUser, ...]:
    """One account per role; the passwords are made where the accounts are made."""
    by_key = {str(row["key"]): row for row in people}
    picker = next(str(row["key"]) for row in people if row["unit"] == "U-WH-ELB" and not row["heads_unit"])
    wanted = [
        ("cio", "mara.ellinghus", ""),
        ("ciso", "davor.renholt", ""),
        ("analyst", "iselin.brakke", ""),
        ("manager", "tomas.grevenik", ""),
        ("head", "frida.nyhavner", "U-PHARMA"),
        ("auditor", "beatrix.ollander", ""),
        ("board", "joren.talvik", ""),
        ("staff", picker, ""),
    ]
    users = [DemoUser(role, str(by_key[key]["name"]), f"{key}@{DOMAIN}", key, unit) for role, key, unit in wanted]
    return (*users, DemoUser("admin", "Accord administrator", f"accord.admin@{DOMAIN}"))
