from __future__ import annotations

from django.urls import URLPattern, path

from accord.monitoring.views import placeholders, rule_acts, rule_imports, rules

routes: list[URLPattern] = [
    path("monitoring/rules/", rules.LIST_VIEW, name="rule_list"),
    path("monitoring/rules/faults/", rules.FAULTS_VIEW, name="rule_faults"),
    path("monitoring/rules/placeholders/", placeholders.every, name="placeholder_list"),
    path("monitoring/rules/placeholders/values/", placeholders.one, name="placeholder"),
    path("monitoring/rules/placeholders/import/", placeholders.take_file, name="placeholder_import"),
    path("monitoring/rules/new/", rules.new, name="rule_new"),
    path("monitoring/rules/policy/", rule_acts.policy, name="rule_policy"),
    path("monitoring/rules/act/", rule_acts.act, name="rule_act"),
    path("monitoring/rules/decide/", rule_acts.decide, name="rule_decide"),
    path("monitoring/rules/test/", rule_acts.test_all, name="rule_test_all"),
    path("monitoring/rules/import/", rule_imports.upload, name="rule_import"),
    path("monitoring/rules/import/pack/", rule_imports.pack, name="rule_pack"),
    path("monitoring/rules/jobs/<uuid:pk>/", rule_imports.job, name="rule_job"),
    path("monitoring/rules/jobs/<uuid:pk>/import/", rule_imports.confirm, name="rule_import_confirm"),
    path("monitoring/rules/tests/<int:pk>/remove/", rule_acts.remove_test, name="rule_test_remove"),
    path("monitoring/rules/<int:pk>/", rules.detail, name="rule_detail"),
    path("monitoring/rules/<int:pk>/edit/", rules.edit, name="rule_edit"),
    path("monitoring/rules/<int:pk>/versions/<int:number>/", rules.version, name="rule_version"),
    path("monitoring/rules/<int:pk>/back/<int:number>/", rule_acts.roll_back, name="rule_roll_back"),
    path("monitoring/rules/<int:pk>/offered/", rule_acts.offered, name="rule_offered"),
    path("monitoring/rules/<int:pk>/switch/", rule_acts.switch, name="rule_switch"),
    path("monitoring/rules/<int:pk>/tests/", rule_acts.add_test, name="rule_test_add"),
    path("monitoring/rules/<int:pk>/tests/run/", rule_acts.run_tests, name="rule_test_run"),
]
