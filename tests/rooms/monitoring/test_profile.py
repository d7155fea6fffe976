"""The catalogue of ATT&CK, the threat profile from techniques and groups, and layers of the Navigator both ways."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accord.core import accounts, jobs
from accord.core.errors import Refused
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import Job, LedgerEntry, User
from accord.core.roles import Role
from accord.intake.navigator import read_layer
from accord.monitoring.models import AttackGroup, AttackRelease, AttackTechnique, GroupTechnique, ThreatProfile
from accord.monitoring.selectors import blind, profile
from accord.monitoring.services import attack, layers
from accord.monitoring.services import profile as services

pytestmark = pytest.mark.django_db
BUNDLE = Path(__file__).resolve().parents[2] / "intake" / "files" / "attack.json"


@pytest.fixture
def ciso(db: None, settings: Any, tmp_path: Path) -> User:
    settings.HOME = tmp_path
    settings.ACCORD_FILES = str(tmp_path / "files")
    return accounts.add_account(None, "ciso@profile.example", "Cis", [(Role.CISO, "")])


@pytest.fixture
def known(ciso: User, tmp_path: Path) -> User:
    attack.update(ciso, BUNDLE, tmp_path)
    return ciso


def rows(actor: User, *given: str) -> None:
    names = ["key", "reason", "weight", "left_out"]
    table = [TextRow(n, dict(zip(names, row.split(","), strict=True))) for n, row in enumerate(given, 1)]
    import_tables(actor, [TextTable("threat_profile", names, table)])


def chosen() -> profile.Profile:
    return profile.profile(profile.catalogue())


def test_the_catalogue_is_taken_in_and_replaced_whole(known: User) -> None:
    release = AttackRelease.objects.get()
    assert (release.name, release.version, release.origin) == ("Invented ATT&CK", "99.1", "attack.json")
    assert release.counts == {"tactics": 2, "techniques": 5, "groups": 2, "uses": 3, "refused": 2}
    entry = LedgerEntry.objects.get(noun="attack")
    assert json.loads(entry.after)["sha256"] == release.digest
    pk = AttackTechnique.objects.get(identifier="T9001").pk
    bundle = json.loads(BUNDLE.read_text())
    bundle["objects"] = [one for one in bundle["objects"] if one.get("name") not in ("Loud Guests", "Whistle")]
    attack.take(known, io.BytesIO(json.dumps(bundle).encode()), "newer.json")
    assert AttackTechnique.objects.get(identifier="T9001").pk == pk
    assert not AttackTechnique.objects.filter(identifier="T9003").exists()
    assert list(AttackGroup.objects.values_list("identifier", flat=True)) == ["G9001"]
    assert GroupTechnique.objects.count() == 2


def test_a_bundle_that_is_none_changes_nothing(known: User) -> None:
    with pytest.raises(Refused, match="no STIX bundle"):
        attack.take(known, io.BytesIO(b'{"type": "report"}'), "x.json")
    assert AttackRelease.objects.count() == 1
    assert AttackTechnique.objects.count() == 5


def test_where_the_network_does_not_allow_it_the_way_around_is_told(
    ciso: User, tmp_path: Path, monkeypatch: Any
) -> None:  # fmt: skip
    import httpx

    def fail(*given: Any, **more: Any) -> None:
        raise httpx.ConnectError("no route")

    monkeypatch.setattr(httpx, "stream", fail)
    with pytest.raises(Refused, match="accord attack update --from FILE"):
        attack.update(ciso, None, tmp_path)


def test_the_profile_is_what_was_chosen_by_hand_and_what_groups_use(known: User) -> None:
    rows(known, "G9001,our sector,2,", "T9002,an incident,5,", "T9001,macOS only,,yes", "T9000,an old report,,")
    found = chosen()
    assert set(found.techniques) == {"T9001.001", "T9002"}
    assert found.left_out == {"T9001"}
    both = found.techniques["T9001.001"]
    assert (both.by_hand, both.reason, both.weight, both.groups) == (True, "an old report", 2.0, ["G9001"])
    assert (found.techniques["T9002"].weight, found.techniques["T9002"].groups) == (5.0, [])
    assert found.groups == {"G9001": "Quiet Guests"}


def test_of_several_groups_the_greatest_weight_counts_and_a_weight_by_hand_before_all(known: User) -> None:
    GroupTechnique.objects.create(
        group=AttackGroup.objects.get(identifier="G9002"), technique=AttackTechnique.objects.get(identifier="T9001")
    )
    rows(known, "G9001,a,1,", "G9002,b,4,")
    assert chosen().techniques["T9001"].weight == 4.0
    rows(known, "T9001,c,2,")
    assert chosen().techniques["T9001"].weight == 2.0
    assert sorted(chosen().techniques["T9001"].groups) == ["G9001", "G9002"]


def test_without_a_catalogue_techniques_count_by_identifier_and_groups_are_unknown(ciso: User) -> None:
    rows(ciso, "T1059.001,x,,", "G0007,y,,")
    found = chosen()
    assert list(found.techniques) == ["T1059.001"]
    assert found.unknown_groups == ["G0007"]
    assert str(profile.catalogue().of("T1059.001")) == "T1059.001"
    assert profile.catalogue().of("T1059.001").parent == "T1059"


@pytest.mark.parametrize(("row", "why"), [
    ("TA0001,x,,", "no identifier of ATT&CK"), ("T1059x,x,,", "no identifier of ATT&CK"),
    ("G0007,x,,yes", "Only a technique can be left out"), ("T1059,x,-1,", "weight"),
])  # fmt: skip
def test_rows_that_are_none_are_refused(ciso: User, row: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        rows(ciso, row)


def test_groups_are_found_by_words_of_their_sector(known: User) -> None:
    assert [(group.identifier, number) for group, number in profile.groups("energy water")] == [("G9001", 2)]
    assert [group.identifier for group, _ in profile.groups("soft shoes")] == ["G9001"]
    assert [group.identifier for group, _ in profile.groups("g9002")] == ["G9002"]
    assert profile.groups("spaceships") == []


def test_groups_are_chosen_with_a_reason_and_what_is_there_stays(known: User) -> None:
    rows(known, "G9001,because,3,")
    done = services.choose_groups(known, ["G9001", "G9002"], "our sector")
    assert [change.key for change in done.added] == ["G9002"]
    assert ThreatProfile.objects.get(key="G9001").reason == "because"
    for keys, why in (([], "No group"), (["G1"], "no group"), (["T9001"], "no group"), (["G8888"], "no group")):
        with pytest.raises(Refused, match=why):
            services.choose_groups(known, keys, "x")


def layer(*techniques: dict[str, Any]) -> bytes:
    return json.dumps({"name": "Sector", "versions": {"layer": "4.5"}, "techniques": list(techniques)}).encode()


SECTOR = layer(
    {"techniqueID": "T9001", "score": 3}, {"techniqueID": "T9002", "enabled": False},
    {"techniqueID": "T1003", "score": 0.5, "comment": "seen in 2025"}, {"techniqueID": "T1005"},
)  # fmt: skip


def test_a_layer_comes_into_the_profile_and_keeps_what_people_wrote(known: User) -> None:
    rows(known, "T9001,an incident,1,", "T9002,mine,2,", "T1046,mine,,")
    read = services.read(io.BytesIO(SECTOR), "sector.json")
    compared = services.compared(read, chosen().techniques)
    assert (compared.only_layer, compared.only_profile, compared.both) == (
        ["T1003", "T1005"], ["T1046", "T9002"], ["T9001"],
    )  # fmt: skip
    assert services.compared(read, (), least=1).only_layer == ["T9001"]
    seen = services.preview(read)
    assert not ThreatProfile.objects.filter(key="T1003").exists()
    services.take_layer(known, read, expected=seen.digest())
    kept = {row.key: (row.reason, None if row.weight is None else float(row.weight), row.left_out)
            for row in ThreatProfile.objects.all()}  # fmt: skip
    assert kept == {
        "T9001": ("an incident", 3.0, False), "T9002": ("mine", 2.0, True), "T1046": ("mine", None, None),
        "T1003": ("seen in 2025", 0.5, None), "T1005": ("Layer “Sector”", None, None),
    }  # fmt: skip


def test_the_coverage_goes_out_as_a_layer_and_comes_back_as_the_same_techniques(known: User) -> None:
    rows(known, "G9001,sector,,", "T1046,mine,2,")
    coverage = blind.coverage(timezone.now())
    for column in layers.COLUMNS:
        back = read_layer(io.BytesIO(layers.as_layer(coverage, column, timezone.now())), name="x")
        assert set(back.techniques) == {"T9001", "T9001.001", "T1046"}
        assert {one.score for one in back.techniques.values()} == {0.0}
        assert (back.attack, back.version) == ("99", "4.5")
    assert services.compared(back, chosen().techniques).only_layer == []


# --- pages


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=configured.AUTHENTICATION_BACKENDS[-1])
    return client


def test_groups_are_chosen_on_the_page(known: User) -> None:
    client = browser(known)
    shown = client.get(reverse("monitoring:attack") + "?q=energy").content.decode()
    assert "Quiet Guests" in shown and "Loud Guests" not in shown
    assert client.post(reverse("monitoring:attack_groups"), {"group": "G9001"}).status_code == 422
    answer = client.post(reverse("monitoring:attack_groups"), {"group": "G9001", "reason": "our sector"})
    assert answer.status_code == 302
    assert "in the profile" in client.get(reverse("monitoring:attack")).content.decode()
    assert "Knock twice" in client.get(reverse("monitoring:technique_coverage")).content.decode()
    detail = client.get(reverse("monitoring:technique_detail", args=["T9001"])).content.decode()
    assert "Knock at the door" in detail and "Quiet Guests (G9001)" in detail and "Arriving, Staying" in detail


def test_a_bundle_is_handed_in_and_a_worker_reads_it(ciso: User) -> None:
    client = browser(ciso)
    upload = SimpleUploadedFile("enterprise-attack.json", BUNDLE.read_bytes())
    answer = client.post(reverse("monitoring:attack_import"), {"upload": upload})
    assert answer.status_code == 302
    waiting = Job.objects.get(kind="monitoring.attack")
    done = jobs.run_now(ciso, "monitoring.attack", **waiting.params)
    assert done.state == Job.State.DONE
    assert done.result["techniques"] == 5
    assert client.get(answer.url).status_code == 200


def test_a_layer_is_handed_in_looked_at_and_taken(known: User) -> None:
    client = browser(known)
    answer = client.post(reverse("monitoring:layer_import"), {"upload": SimpleUploadedFile("s.json", SECTOR)})
    shown = client.get(answer.url).content.decode()
    assert "Only in the layer" in shown and "T1005" in shown
    assert not ThreatProfile.objects.exists()
    digest = shown.split('name="digest" value="')[1].split('"')[0]
    assert client.post(answer.url, {"digest": digest}).status_code == 302
    assert ThreatProfile.objects.count() == 4
    bad = client.post(reverse("monitoring:layer_import"), {"upload": SimpleUploadedFile("s.json", b"{}")})
    assert bad.status_code == 422
    assert "no layer of the Navigator" in bad.content.decode()


def test_the_layer_is_downloaded(known: User) -> None:
    rows(known, "T1046,mine,2,")
    answer = browser(known).get(reverse("monitoring:layer_export") + "?column=rule&scope=profile")
    assert answer["Content-Disposition"] == 'attachment; filename="accord-profile-rule.json"'
    assert json.loads(answer.content)["techniques"][0]["techniqueID"] == "T1046"
    assert browser(known).get(reverse("monitoring:layer_export") + "?column=x").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_the_command_takes_a_bundle(tmp_path: Path, settings: Any) -> None:
    import gzip

    from typer.testing import CliRunner

    from accord.site.command_line import app, application

    application()
    settings.HOME = tmp_path
    packed = tmp_path / "attack.json.gz"
    packed.write_bytes(gzip.compress(BUNDLE.read_bytes()))
    done = CliRunner().invoke(app, ["attack", "update", "--from", str(packed), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["techniques"] == 5
    (tmp_path / "bad.json").write_text("{}")
    refused = CliRunner().invoke(app, ["attack", "update", "--from", str(tmp_path / "bad.json")])
    assert refused.exit_code == 1
    assert "no STIX bundle" in refused.stderr
