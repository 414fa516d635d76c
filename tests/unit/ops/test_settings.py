"""A stage's file is checked as a whole, and says what to change."""

from pathlib import Path

import pytest

from ops.deploy.settings import STAGES, BadSettings, load, parameters

GOOD = """
region = "eu-central-1"
app_origin = "https://ramon.example.org"
certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/x"
notebook_image = "ramon/notebook"
gateway_image = "ramon/gateway"
"""


def _folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "test.toml").write_text(text)
    return tmp_path


@pytest.mark.parametrize("stage", sorted(path.stem for path in STAGES.glob("*.toml")))
def test_the_settings_that_come_with_the_project_are_good(stage: str) -> None:
    assert load(stage, environment={}).region


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace('region = "eu-central-1"', ""), "missing required field `region`"),
        (GOOD + "gatewais = 3", "unknown field `gatewais`"),
        (GOOD + "gateways = 0", r"`int` >= 1 - at `\$.gateways`"),
        (GOOD + 'gateways = "two"', r"Expected `int`, got `str` - at `\$.gateways`"),
        (GOOD.replace("example.org", "example.org/"), r"at `\$.app_origin`"),
        (GOOD + "log_retention_days = 8", "log_retention_days"),
        (GOOD + 'data_deletion_policy = "Keep"', "data_deletion_policy"),
        ("region = ", "test.toml"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadSettings, match=says) as caught:
        load("test", folder=_folder(tmp_path, text), environment={})

    assert str(tmp_path / "test.toml") in str(caught.value)


def test_an_unknown_stage_is_told_with_those_that_exist() -> None:
    with pytest.raises(BadSettings, match="dev, local, prod"):
        load("production", environment={})


def test_what_is_left_out_follows_from_the_origin_of_the_app(tmp_path: Path) -> None:
    stage = load("test", folder=_folder(tmp_path, GOOD), environment={})

    values = parameters("test", stage, "https://uploads.example.org")

    assert values["AppDomain"] == "ramon.example.org"
    assert values["NotebookOriginTemplate"] == "https://{label}.notebooks.ramon.example.org"
    assert values["ApiUrl"] == "https://ramon.example.org/api"
    assert values["CloudFrontCertificateArn"] == values["CertificateArn"]
    assert values["GithubApiBase"] == "https://api.github.com"


def test_the_local_stage_is_at_the_port_of_the_front_door() -> None:
    assert load("local", environment={}).app_origin == "http://localhost:8000"
    assert load("local", environment={"PORT": "8123"}).app_origin == "http://localhost:8123"
    assert load("local", port=8456, environment={"PORT": "8123"}).github.web_base == (
        "http://127.0.0.1:8456/github"
    )


def test_a_client_of_the_real_github_takes_the_place_of_the_stand_in() -> None:
    client = {"GITHUB_CLIENT_ID": "Iv1.x", "GITHUB_CLIENT_SECRET": "s"}

    github = load("local", environment=client).github

    assert (github.web_base, github.client_id) == ("https://github.com", "Iv1.x")


def test_a_client_stays_with_the_github_enterprise_server_of_the_file(tmp_path: Path) -> None:
    text = GOOD + '[github]\nweb_base = "https://git.example.org"'
    client = {"GITHUB_CLIENT_ID": "Iv1.x", "GITHUB_CLIENT_SECRET": "s"}

    github = load("test", folder=_folder(tmp_path, text), environment=client).github

    assert (github.web_base, github.client_id) == ("https://git.example.org", "Iv1.x")


def test_half_a_client_is_refused() -> None:
    with pytest.raises(BadSettings, match="both GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET"):
        load("dev", environment={"GITHUB_CLIENT_ID": "Iv1.x"})


def test_the_template_takes_exactly_the_parameters_that_are_given(
    stack: dict[str, dict[str, object]],
) -> None:
    given = parameters("dev", load("dev", environment={}), "https://uploads.example.org")

    assert set(given) == set(stack["Parameters"])


def test_every_setting_is_in_the_operators_handbook() -> None:
    handbook = (STAGES.parent.parent / "docs" / "operating.md").read_text()

    missing = [
        field
        for field in load("dev", environment={}).__struct_fields__
        if f"`{field}`" not in handbook
    ]
    assert missing == []


def test_a_key_of_the_real_stripe_takes_the_place_of_the_stand_in() -> None:
    given = {"STRIPE_API_KEY": "sk_test_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"}

    stripe = load("local", environment=given).stripe

    assert (stripe.api_base, stripe.api_key) == ("https://api.stripe.com", "sk_test_x")
    assert stripe.webhook_secret == "whsec_x"
    assert load("local", port=8123, environment={}).stripe.api_base == (
        "http://127.0.0.1:8123/stripe"
    )


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x"])
def test_a_live_key_is_refused_on_ones_own_machine(key: str) -> None:
    with pytest.raises(BadSettings, match="live key"):
        load("local", environment={"STRIPE_API_KEY": key})

    assert load("prod", environment={"STRIPE_API_KEY": key}).stripe.api_key == key
