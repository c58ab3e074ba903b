"""Which store a server reads: the word of its own process, of its list, of the user, and what a guess is worth."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from shop import Shop, access

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Place, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Entry, Tags
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers, Origin, ServerSetup, ServerSetups, Setting
from modelcheck.core.stores import Basis, ServerStore, Stores
from modelcheck.probes import folders
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder
from modelcheck.probes.store import owners, stores
from modelcheck.probes.store.contents import read_store

LOCAL = "http://127.0.0.1:11434"
OTHER_PORT = "http://127.0.0.1:9999"
HINT = "--models-dir FOLDER"
NOBODY_TELLS = Gap(Why.NOT_ASKED)


@pytest.fixture(autouse=True)
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """No store of the machine that runs the tests is seen."""
    monkeypatch.setattr(folders, "SERVICE_PLACES", ())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def shop_at(path: Path, *names: str) -> Shop:
    shop = Shop(path)
    for name in names:
        shop.named(name)
    return shop


def entries(*shops: Shop) -> tuple[Entry, ...]:
    """What a server lists that reads these stores."""
    found = [read_store(Folder(shop.root, ""), time.monotonic() + 60).entries for shop in shops]
    return tuple(replace(entry, whole=None) for each in found for entry in each)


def listing(live: tuple[Entry, ...] | Gap | None, server: str = LOCAL) -> Tags | Gap:
    return NOBODY_TELLS if live is None else Tags(Seen[str, tuple[Entry, ...]].of({server: live}))


def setup(*settings: Setting, complete: bool = False, models: str | Gap = NOT_RECORDED) -> ServerSetup:
    return ServerSetup(settings, complete=complete, models=models)


def names(value: str | Path, origin: Origin) -> Setting:
    return Setting("OLLAMA_MODELS", str(value), origin)


def look(
    allowed: Access,
    live: tuple[Entry, ...] | Gap | None = None,
    setup: ServerSetup | None = None,
    *,
    server: str = LOCAL,
    engine: Engine = Engine.OLLAMA,
    containers: Containers | Gap = NOBODY_TELLS,
) -> Stores:
    servers = Servers((Server(server, engine, server),))
    setups = NOBODY_TELLS if setup is None else ServerSetups(Seen[str, ServerSetup].of({server: setup}))
    return stores(allowed, servers, setups, listing(live, server), Expectations(), containers)


def own(*args: Any, server: str = LOCAL, **more: Any) -> ServerStore | Gap:
    return look(*args, server=server, **more).servers[server]


def known(found: ServerStore | Gap) -> tuple[str, Basis]:
    assert isinstance(found, ServerStore), found
    return found.store.root, found.basis


def test_the_probe_takes_what_there_is() -> None:
    assert stores.promises == (Stores,)
    assert stores.optional == {"setups", "tags", "expectations", "containers"}


def test_the_store_in_the_home_folder_is_a_guess(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")

    assert known(own(access(home=root))) == ("~/.ollama/models", Basis.STANDARD)


def test_what_this_shell_names_comes_before_the_home_folder(root: Path) -> None:
    shop_at(root / ".ollama" / "models")
    shop_at(root / "elsewhere")
    environ = {"OLLAMA_MODELS": f' "{root / "elsewhere"}" '}

    assert known(own(access(home=root, environ=environ))) == ("~/elsewhere", Basis.SHELL)


@pytest.mark.parametrize("named", [r"\\server\share", "//server/share", "models", "/not/there/at/all"])
def test_a_place_without_a_store_is_passed_over(root: Path, named: str) -> None:
    shop_at(root / ".ollama" / "models")

    assert known(own(access(home=root, environ={"OLLAMA_MODELS": named}))) == ("~/.ollama/models", Basis.STANDARD)


def test_a_service_is_found_where_there_is_an_environment_and_not_in_a_demo(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_at(root / "service")
    monkeypatch.setattr(folders, "SERVICE_PLACES", (str(shop.root),))
    monkeypatch.setattr("modelcheck.probes.places.sys.platform", "linux")

    assert known(own(access(environ={"PATH": ""}))) == (str(shop.root), Basis.STANDARD)
    assert own(access()) == Gap(Why.NOT_THERE, about="an Ollama store", hint=HINT)


def test_a_store_that_holds_what_the_server_lists_is_proven(root: Path) -> None:
    first, second = shop_at(root / ".ollama" / "models", "a"), shop_at(root / "elsewhere", "b")
    both = access(home=root, environ={"OLLAMA_MODELS": str(second.root)})

    assert known(own(both, entries(first))) == ("~/.ollama/models", Basis.LIST)
    assert known(own(both, entries(second))) == ("~/elsewhere", Basis.LIST)


def test_of_two_stores_that_hold_all_of_the_list_the_one_without_more_is_it(root: Path) -> None:
    large, small = shop_at(root / "large", "a", "b"), shop_at(root / ".ollama" / "models", "a")
    both = access(home=root, environ={"OLLAMA_MODELS": str(large.root)})

    assert known(own(both, entries(small))) == ("~/.ollama/models", Basis.LIST)
    assert known(own(access(environ={"OLLAMA_MODELS": str(large.root)}, home=None), entries(small)))[1] is Basis.LIST


def test_a_store_that_lacks_all_that_the_server_lists_is_not_its_own(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")
    live = entries(shop_at(root / "unseen", "b"))

    assert own(access(home=root), live) == Gap(
        Why.UNDECIDED, about=f"the store that {LOCAL} reads", hint="--models-dir FOLDER"
    )


def test_a_store_with_models_is_not_that_of_a_server_that_lists_none(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")
    found = own(access(home=root), ())

    assert isinstance(found, Gap)
    assert found.why is Why.UNDECIDED


def test_models_whose_config_is_gone_may_be_missing_from_the_list(root: Path) -> None:
    """Ollama drops them from the list, and a server that goes on remembers them."""
    shop = shop_at(root / ".ollama" / "models", "a", "b")
    live = entries(shop)
    manifest = shop.named("b", config={"model_family": "b"})
    shop.path(manifest["config"]["digest"]).unlink()
    now = entries(shop)

    assert known(own(access(home=root), tuple(entry for entry in now if entry.name == "a:latest")))[1] is Basis.LIST
    assert known(own(access(home=root), now))[1] is Basis.LIST
    assert known(own(access(home=root), live))[1] is Basis.STANDARD  # one of two: pulled anew between two looks


def test_an_empty_store_and_an_empty_list_prove_nothing(root: Path) -> None:
    shop_at(root / ".ollama" / "models")

    assert known(own(access(home=root), ())) == ("~/.ollama/models", Basis.STANDARD)


def test_a_list_without_digests_decides_nothing(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")

    assert known(own(access(home=root), (Entry("a:latest"),)))[1] is Basis.STANDARD


def test_what_the_servers_own_process_names_is_opened_wherever_it_lies(root: Path) -> None:
    shop = shop_at(root / "elsewhere", "a")
    shop_at(root / "home" / ".ollama" / "models", "b")
    allowed = access(home=root / "home")

    for one in (
        setup(names(shop.root, Origin.PROCESS), complete=True),
        setup(names(shop.root, Origin.LOG), complete=True),
        setup(models=str(shop.root), complete=True),
    ):
        assert known(own(allowed, None, one)) == ("…/elsewhere", Basis.PROCESS)
        assert known(own(allowed, entries(shop), one)) == ("…/elsewhere", Basis.PROCESS)
        assert known(own(allowed, None, one, server=OTHER_PORT)) == ("…/elsewhere", Basis.PROCESS)


def test_what_the_process_names_in_a_home_folder_is_opened_there(root: Path) -> None:
    shop_at(root / "mine" / "models", "a")

    assert known(own(access(home=root), None, setup(models="~/mine/models", complete=True))) == (
        "~/mine/models",
        Basis.PROCESS,
    )


def test_a_folder_that_a_fact_shows_by_its_last_step_is_asked_for_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_at(root / "elsewhere", "a")
    one = setup(models="…/elsewhere", complete=True)
    told: Path | None = shop.root

    def asked(_access: Access, _server: Server) -> Path | None:
        return told

    monkeypatch.setattr(owners, "models_folder", asked)
    assert known(own(access(), None, one)) == ("…/elsewhere", Basis.PROCESS)

    told = None
    assert own(access(), None, one) == Gap(Why.NOT_ASKED, about="…/elsewhere", hint=HINT)


def test_what_the_process_names_and_is_not_there_is_a_gap(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")
    found = own(access(home=root), None, setup(names(root / "gone", Origin.PROCESS), complete=True))

    assert found == Gap(Why.NOT_THERE, about="an Ollama store", hint=HINT)


def test_what_the_process_names_and_the_list_contradicts_is_in_another_world(root: Path) -> None:
    """As in a container: the same path, and other files."""
    shop = shop_at(root / "models", "a")
    live = entries(shop_at(root / "unseen", "b"))
    found = own(access(), live, setup(names(shop.root, Origin.PROCESS), complete=True))

    assert isinstance(found, Gap)
    assert found.why is Why.UNDECIDED


@pytest.mark.parametrize("text", [r"\\server\share", "//server/share", "…/models", "~/models", "models"])
def test_what_the_process_names_and_must_not_be_opened_needs_the_users_word(root: Path, text: str) -> None:
    shop = shop_at(root / "given", "a")
    shop_at(root / ".ollama" / "models", "a")
    one = setup(names(text, Origin.PROCESS), complete=True)
    refused = own(access(home=root), None, one)

    assert isinstance(refused, Gap)
    assert (refused.why, refused.hint) == (Why.NOT_ASKED, HINT)
    assert "server" not in refused.about
    assert known(own(access(home=root, models_dirs=(shop.root,)), None, one)) == ("~/given", Basis.USER)


def test_a_server_in_a_container_says_why_its_folder_is_not_known(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")
    inside = Gap(Why.NOT_UNDERSTOOD, about="a container")

    assert own(access(home=root), None, setup(models=inside, complete=True)) == inside


def test_a_variable_that_is_left_open_decides_nothing(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")
    one = ServerSetup((names("/elsewhere", Origin.LOG),), complete=True, undecided=("OLLAMA_MODELS",))

    assert known(own(access(home=root), None, one)) == ("~/.ollama/models", Basis.STANDARD)


def test_where_the_process_certainly_names_none_it_reads_the_folder_of_some_home(root: Path) -> None:
    shop_at(root / "shell", "a")
    shop_at(root / "given", "a")
    at_home = shop_at(root / ".ollama" / "models", "b")
    one = setup(complete=True)
    allowed = access(home=root, environ={"OLLAMA_MODELS": str(root / "shell")})

    assert known(own(allowed, None, one)) == ("~/.ollama/models", Basis.STANDARD)
    given = access(home=root, models_dirs=(root / "given",))
    assert known(own(given, entries(at_home), one)) == ("~/.ollama/models", Basis.LIST)
    assert isinstance(own(given, None, one), Gap)
    assert known(own(access(home=None, models_dirs=(at_home.root,)), None, one))[1] is Basis.USER


def test_what_the_unit_names_is_a_guess_before_that_of_this_shell(root: Path) -> None:
    shop_at(root / "unit", "a")
    shop_at(root / "shell", "b")
    allowed = access(home=root, environ={"OLLAMA_MODELS": str(root / "shell")})

    assert known(own(allowed, None, setup(models=str(root / "unit")))) == ("~/unit", Basis.SERVICE)


@pytest.mark.parametrize("origin", [Origin.COMPOSE, Origin.SHELL])
def test_a_folder_that_only_the_project_names_is_never_opened(
    root: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_at(root / "hostile", "a")
    looked: list[Path] = []
    plain = Folder.look

    def noted(folder: Folder, path: Path) -> os.stat_result:
        looked.append(path)
        return plain(folder, path)

    monkeypatch.setattr(Folder, "look", noted)
    found = own(access(home=root), None, setup(names(shop.root, origin)))

    assert isinstance(found, Gap)
    assert not any(path.is_relative_to(shop.root) for path in looked)


def test_a_given_store_takes_the_place_of_a_guess(root: Path) -> None:
    shop_at(root / ".ollama" / "models", "a")
    given = shop_at(root / "given", "b")

    assert known(own(access(home=root, models_dirs=(given.root,)))) == ("~/given", Basis.USER)


def test_a_given_store_yields_to_the_one_that_the_list_proves(root: Path) -> None:
    standard, given = shop_at(root / ".ollama" / "models", "a"), shop_at(root / "given", "b")
    found = look(access(home=root, models_dirs=(given.root,)), entries(standard))

    assert known(found.servers[LOCAL]) == ("~/.ollama/models", Basis.LIST)
    assert [store.root for store in found.others] == ["~/given"]


def test_a_store_deep_in_a_given_folder_is_found(root: Path) -> None:
    shop_at(root / "modeles_llm" / "ollama" / "models", "a")

    assert known(own(access(models_dirs=(root / "modeles_llm",)))) == ("…/modeles_llm/ollama/models", Basis.USER)


def test_an_empty_given_folder_is_not_silently_replaced_by_the_standard_one(root: Path) -> None:
    shop_at(root / ".ollama" / "models")
    (root / "empty").mkdir()

    assert own(access(home=root, models_dirs=(root / "empty",))) == Gap(
        Why.NOT_THERE, about="an Ollama store", hint=HINT
    )


def test_given_loose_files_leave_the_standard_store_in_its_place(root: Path) -> None:
    shop_at(root / ".ollama" / "models")
    (root / "loose").mkdir()
    (root / "loose" / "model.gguf").touch()

    assert known(own(access(home=root, models_dirs=(root / "loose",)))) == ("~/.ollama/models", Basis.STANDARD)


def test_a_given_folder_that_must_not_be_opened_is_the_reason(root: Path) -> None:
    shop_at(root / ".ollama" / "models")
    found = own(access(home=root, models_dirs=(Path("//server/share"),)))

    assert isinstance(found, Gap)
    assert found.why is Why.NOT_TRUSTED


def test_the_standard_store_is_not_taken_for_that_of_a_server_that_the_user_names(root: Path) -> None:
    shop = shop_at(root / ".ollama" / "models", "a")
    (root / "loose").mkdir()
    (root / "loose" / "model.gguf").touch()
    allowed = access(home=root, models_dirs=(root / "loose",), endpoints={"ollama": "http://192.0.2.1:11434"})

    assert own(allowed) == Gap(Why.NOT_THERE, about="an Ollama store", hint=HINT)
    assert isinstance(own(allowed, entries(shop)), Gap)  # the same models may lie on any machine


def test_where_the_user_names_server_and_folder_the_standard_store_needs_proof(root: Path) -> None:
    shop = shop_at(root / ".ollama" / "models", "a")
    (root / "loose").mkdir()
    (root / "loose" / "model.gguf").touch()
    allowed = access(home=root, models_dirs=(root / "loose",), endpoints={"ollama": LOCAL})

    assert isinstance(own(allowed), Gap)
    assert known(own(allowed, entries(shop))) == ("~/.ollama/models", Basis.LIST)


def test_a_store_that_only_its_owner_may_open_is_there_and_unreadable(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / ".ollama" / "models").mkdir(parents=True)

    def closed(_: Folder) -> bool:
        return True

    monkeypatch.setattr(owners, "is_closed", closed)

    assert own(access(home=root)) == Gap(Why.UNREADABLE, about="~/.ollama/models")


def test_a_store_whose_manifests_lie_elsewhere_is_none_that_can_be_read(root: Path) -> None:
    outside = shop_at(root / "outside")
    (root / "inside").mkdir()
    try:
        (root / "inside" / "manifests").symlink_to(outside.root / "manifests", target_is_directory=True)
    except OSError:
        pytest.skip("no symlinks may be made here")

    assert own(access(), None, setup(names(root / "inside", Origin.PROCESS), complete=True)) == Gap(
        Why.UNREADABLE, about="…/inside"
    )


@pytest.mark.parametrize("engine", [Engine.OPENAI_LOCAL, Engine.UNKNOWN])
def test_a_server_of_another_engine_has_no_store(root: Path, engine: Engine) -> None:
    shop_at(root / ".ollama" / "models")

    assert own(access(home=root), None, None, engine=engine) == Gap(Why.NOT_UNDERSTOOD, about=engine.value)


def test_a_server_that_may_run_in_a_container_needs_proof(root: Path) -> None:
    shop = shop_at(root / ".ollama" / "models", "a")
    service = Container("ollama", "ollama/ollama", (), (), gpu=False, place=Place("compose.yaml", 3), serves=(LOCAL,))
    found = own(access(home=root), None, None, containers=Containers((service,)))

    assert isinstance(found, Gap)
    assert known(own(access(home=root), entries(shop), None, containers=Containers((service,))))[1] is Basis.LIST


OWN: list[tuple[str, dict[str, Any]]] = [
    (LOCAL, {}),
    ("default", {}),
    ("default", {"environ": {"OLLAMA_HOST": "0.0.0.0:9999"}}),
    (OTHER_PORT, {"environ": {"OLLAMA_HOST": ":9999"}}),
    ("http://127.0.0.1:9", {"models_dirs": True}),
    ("default", {"endpoints": {"ollama": LOCAL}}),
    ("default", {"endpoints": {"ollama": "http://10.0.0.5:11434"}, "models_dirs": True}),
]
ANOTHERS: list[tuple[str, dict[str, Any], Why]] = [
    (OTHER_PORT, {}, Why.NOT_ASKED),
    ("default", {"environ": {"OLLAMA_HOST": "10.0.0.5"}}, Why.NOT_ASKED),
    ("default", {"environ": {"OLLAMA_HOST": "http://bad host"}}, Why.UNREADABLE),
    (
        LOCAL,
        {"environ": {"OLLAMA_HOST": "http://bad host"}, "endpoints": {"ollama": "http://127.0.0.1:9"}},
        Why.NOT_ASKED,
    ),
    (OTHER_PORT, {"environ": {"OLLAMA_HOST": "10.0.0.5:9999"}}, Why.NOT_ASKED),
    ("default", {"endpoints": {"ollama": OTHER_PORT}}, Why.NOT_ASKED),
    ("default", {"endpoints": {"ollama": "http://10.0.0.5:11434"}}, Why.NOT_ASKED),
    ("default", {"endpoints": {"ollama": "http://10.0.0.5:11434"}, "offline": True}, Why.OFFLINE),
    ("lan", {"named": {"lan": "http://10.0.0.5:11434"}}, Why.NOT_TRUSTED),
    ("lan", {"named": {"lan": "http://10.0.0.5:11434"}, "models_dirs": True}, Why.NOT_TRUSTED),
    ("lan", {"named": {"lan": "http://10.0.0.5:11434"}, "trusted_hosts": frozenset({"10.0.0.5"})}, Why.NOT_ASKED),
]


def allowed_with(root: Path, allowed: dict[str, Any]) -> tuple[Access, Shop]:
    shop = shop_at(root / ".ollama" / "models", "a")
    given: dict[str, Any] = {"models_dirs": (shop.root,)} if allowed.get("models_dirs") else {}
    return access(home=root, **(allowed | given)), shop


@pytest.mark.parametrize(("server", "allowed"), OWN)
def test_the_store_is_that_of_the_machines_own_server_or_of_the_users_word(
    root: Path, server: str, allowed: dict[str, Any]
) -> None:
    given, shop = allowed_with(root, allowed)

    assert known(own(given, None, server=server))[1] in {Basis.STANDARD, Basis.USER}
    assert known(own(given, entries(shop), server=server))[1] is Basis.LIST


@pytest.mark.parametrize(("server", "allowed", "why"), ANOTHERS)
def test_the_store_says_nothing_of_any_other_server(root: Path, server: str, allowed: dict[str, Any], why: Why) -> None:
    """Not even where that one lists the very same models, which may lie on any machine."""
    given, shop = allowed_with(root, allowed)

    for live in (None, entries(shop)):
        found = own(given, live, server=server)
        assert isinstance(found, Gap)
        assert found.why is why


def test_each_server_has_its_own_store(root: Path) -> None:
    first, second = shop_at(root / ".ollama" / "models", "a"), shop_at(root / "second", "b")
    ids = (LOCAL, OTHER_PORT)
    allowed = access(home=root)
    told: dict[str, ServerSetup | Gap] = {
        LOCAL: NOBODY_TELLS,
        OTHER_PORT: setup(models=str(second.root), complete=True),
    }
    found = stores(
        allowed,
        Servers(tuple(Server(one, Engine.OLLAMA, one) for one in ids)),
        ServerSetups(Seen[str, ServerSetup].of(told)),
        Tags(Seen[str, tuple[Entry, ...]].of({LOCAL: entries(first), OTHER_PORT: entries(second)})),
        Expectations(),
        NOBODY_TELLS,
    )

    assert [known(found.servers[one]) for one in ids] == [
        ("~/.ollama/models", Basis.LIST),
        ("~/second", Basis.PROCESS),
    ]
    assert allowed.stores == {LOCAL: first.root, OTHER_PORT: second.root}
    assert found.others == ()


def test_where_the_stores_lie_is_kept_in_memory_alone(root: Path) -> None:
    shop = shop_at(root / "given", "a")
    allowed = access(models_dirs=(shop.root,))
    found = look(allowed)

    assert allowed.stores == {LOCAL: shop.root, "…/given": shop.root}
    assert str(root) not in str(found)


def test_a_store_is_read_once_for_all_servers(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop_at(root / ".ollama" / "models", "a")
    count = 0

    def counted(folder: Folder, until: float) -> Any:
        nonlocal count
        count += 1
        return read_store(folder, until)

    monkeypatch.setattr("modelcheck.probes.store.owners.read_store", counted)
    both = Servers((Server(LOCAL, Engine.OLLAMA, LOCAL), Server("default", Engine.OLLAMA, LOCAL)))
    stores(access(home=root), both, NOBODY_TELLS, NOBODY_TELLS, Expectations(), NOBODY_TELLS)

    assert count == 1
