"""Where this room's pages stand in the navigation and the palette."""

from __future__ import annotations

from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge

PROGRESS = {
    "late": Badge("Late", "danger", "triangle"),
    "late to start": Badge("Late to start", "warning", "clock"),
    "under way": Badge("Under way", "info", "half"),
    "planned": Badge("Planned", "neutral", "ring"),
    "done": Badge("Done", "good", "check"),
}


def declare() -> None:
    badges.register("progress", PROGRESS)
    navigation.register(
        navigation.Entry("Home", "Home", "briefing:home", noun="home", order=0, icon="home"),
        navigation.Entry("Home", "To repair", "briefing:departments", "department", order=5, icon="finding"),
        navigation.Entry("Brief", "Present figures", "briefing:draft", "brief", "change", order=0, icon="brief"),
        navigation.Entry("Brief", "Issued briefs", "briefing:brief_list", noun="brief", order=1, icon="page"),
    )
    palette.register_page("Board brief as PDF", "briefing:draft_pdf", noun="brief", verb="change", words="download")
