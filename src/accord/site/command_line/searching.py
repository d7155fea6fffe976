"""`accord search-index`."""

from __future__ import annotations

from accord.site.command_line.base import JSON_OPTION, answer, app, django_setup, refusals


@app.command("search-index")
def search_index(as_json: bool = JSON_OPTION) -> None:
    """Make the full-text index of weaknesses and components anew, as `accord check` asks for."""
    django_setup()
    from accord.exposure.services import searching

    with refusals(as_json):
        number = searching.rebuild()
    answer({"definitions": number}, [f"The words of {number:,} weaknesses were noted anew."], as_json)
