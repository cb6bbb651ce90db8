"""Making the environments of a Gymnasium world: from an id, a factory, or a ready-made environment."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import VectorEnv

from teloscope.errors import BadWorld, NotFound, TeloscopeError, one_line, require
from teloscope.trust import import_named, is_imported
from teloscope.worlds.function_source import source_texts
from teloscope.worlds.gym.adapters.adapter import Adapter
from teloscope.worlds.gym.adapters.pettingzoo import OneOfSeveral, is_pettingzoo
from teloscope.worlds.gym.sub_envs import takes_seed_list

Env = gymnasium.Env[Any, Any]
_ID = re.compile(r"(?:[\w.]+:)?(?:[\w.-]+/)?[\w.-]+-v\d+\Z")
_EXTRAS = {"MiniGrid-": "minigrid", "BabyAI-": "minigrid"}
"""Beginning of an id -> the package (and extra) that registers it."""


@dataclass(frozen=True)
class Source:
    """Makes the environments of a world."""

    label: str
    """The world's name."""
    identity: str
    """Stable text for the digest."""
    one: Callable[[Mapping[str, Any]], Env] | None = None
    """Makes a single environment with arguments."""
    many: Callable[[int, Mapping[str, Any]], VectorEnv[Any, Any, Any]] | None = None
    """Makes a vector environment of so many sub-environments; None: single ones are used."""
    most: int | None = None
    """Sub-environments that there can be; None: as many as wanted."""
    limit: int | None = None
    """Steps after which an episode ends by itself."""
    spec_name: str | None = None
    """`CartPole` of `CartPole-v1`."""
    ready_made: bool = False
    """The user made the environment, so teloscope does not close it."""
    takes_seed_list: bool = False
    """The vector environment takes a seed for each sub-environment."""

    def make_one(self, kwargs: Mapping[str, Any]) -> Env:
        """A single environment.

        Raises:
            BadWorld: it can't be made, or not with these arguments.
        """
        assert self.one is not None
        return self._made(lambda: self.one(kwargs), kwargs)  # type: ignore[misc]

    def make_many(self, sub_envs: int, kwargs: Mapping[str, Any]) -> VectorEnv[Any, Any, Any]:
        """A vector environment.

        Raises:
            BadWorld: it can't be made, or not with these arguments.
        """
        assert self.many is not None
        return self._made(lambda: self.many(sub_envs, kwargs), kwargs)  # type: ignore[misc]

    def _made(self, make: Callable[[], Any], kwargs: Mapping[str, Any]) -> Any:
        try:
            return make()
        except TeloscopeError:
            raise
        except Exception as error:
            raise BadWorld(
                f"World {self.label!r} can't be made{f' with {dict(kwargs)}' if kwargs else ''}: "
                f"{type(error).__name__}: {error}. Check the arguments of its contexts, and that the packages it needs "
                "are installed."
            ) from error


def names_module(name: str) -> bool:
    """Whether this reads as `module:Env-v0`."""
    return ":" in name and _ID.match(name) is not None


def is_gymnasium_id(name: str, trust: bool = False) -> bool:
    """Whether Gymnasium can make this: an id, or `module:Env-v0`, whose module is imported.

    Args:
        name: what may be an id.
        trust: allow importing the module, which executes its code.

    Raises:
        NotFound: it looks like an id, but nothing of that name is registered. MissingExtra: the extra that registers it
            is not installed. BadWorld: the module can't be imported. NotTrusted: it would be imported.
    """
    if not _ID.match(name) and name not in gymnasium.registry:
        return False
    _registered(name, trust)
    return True


def _registered(name: str, trust: bool = False) -> EnvSpec:
    module, _, env_id = name.rpartition(":")
    if module and not is_imported(module):
        try:
            import_named(module, trust, f"The world {name!r}")
        except TeloscopeError:
            raise
        except Exception as error:
            raise BadWorld(
                f"The module {module!r} of world {name!r} can't be imported: {one_line(error)}. Install it, or check "
                "its name."
            ) from error
    for beginning, extra in _EXTRAS.items():
        if env_id.startswith(beginning):
            require(extra, extra=extra)
    if env_id not in gymnasium.registry:
        raise NotFound(
            "Gymnasium environment",
            env_id,
            gymnasium.registry,
            "Write `module:Id-v0` if a module of yours registers it.",
        )
    return gymnasium.registry[env_id]


def env_source(env: Any, horizon: int | None, kwargs: Mapping[str, Any], adapter: Adapter | None = None) -> Source:
    """Where the environments come from.

    Raises:
        BadWorld: none of the forms. NotFound, MissingExtra: the id is not registered.
    """
    adapter = adapter or Adapter()
    source = _source(env, horizon, kwargs, adapter)
    return replace(source, identity=source.identity + adapter.identity) if adapter.identity else source


def _source(env: Any, horizon: int | None, kwargs: Mapping[str, Any], adapter: Adapter) -> Source:
    if isinstance(env, str):
        return _from_id(env, horizon, kwargs, adapter)
    if isinstance(env, VectorEnv):
        return _refusing(_from_vector(env), kwargs)
    if callable(env) and not isinstance(env, gymnasium.Env) and not is_pettingzoo(env):
        return _from_factory(env, kwargs, adapter)
    if isinstance(env, gymnasium.Env) or hasattr(env, "step"):
        return _refusing(_from_env(adapter.adapted(env, _label(env)[0])), kwargs)
    raise BadWorld(
        f"A Gymnasium world was asked for with {env!r}; expected an id, an environment, a vector environment, or a "
        "function that makes one."
    )


def _refusing(source: Source, kwargs: Mapping[str, Any]) -> Source:
    if kwargs:
        raise BadWorld(
            f"World {source.label!r} was handed over ready-made, so the arguments {dict(kwargs)} can't reach it. Hand "
            "over a factory."
        )
    return source


def _from_id(name: str, horizon: int | None, base: Mapping[str, Any], adapter: Adapter) -> Source:
    spec = _registered(name)
    env_id = name.rpartition(":")[2]
    steps = {"max_episode_steps": horizon} if horizon and spec.max_episode_steps else {}

    def one(kwargs: Mapping[str, Any]) -> Env:
        made = gymnasium.make(env_id, disable_env_checker=True, **{**steps, **base, **kwargs})
        return adapter.adapted(made, env_id, horizon or spec.max_episode_steps)

    def many(sub_envs: int, kwargs: Mapping[str, Any]) -> VectorEnv[Any, Any, Any]:
        limit = {"max_episode_steps": horizon or spec.max_episode_steps} if spec.max_episode_steps else {}
        return gymnasium.make_vec(
            env_id, sub_envs, vectorization_mode="vector_entry_point", **{**limit, **base, **kwargs}
        )

    return Source(
        label=env_id,
        identity=repr((env_id, sorted(base.items()))),
        one=one,
        many=many if spec.vector_entry_point and not adapter.identity else None,
        limit=horizon if steps else spec.max_episode_steps,
        spec_name=spec.name,
    )


def own_limit(env: Env) -> int | None:
    """The environment's own limit on steps: of a TimeLimit wrapper, or MiniGrid's."""
    limits = [getattr(env.unwrapped, "max_steps", None)]
    if env.has_wrapper_attr("_max_episode_steps"):
        limits.append(env.get_wrapper_attr("_max_episode_steps"))
    numbers = [limit for limit in limits if isinstance(limit, int) and limit > 0]
    return min(numbers, default=None)


def _label(env: Any) -> tuple[str, str | None]:
    spec = getattr(env, "spec", None)
    if spec is not None:
        return spec.id, getattr(spec, "name", None)
    inner = getattr(env, "unwrapped", env)
    return inner.label if isinstance(inner, OneOfSeveral) else type(inner).__name__, None


def _from_env(env: Env) -> Source:
    """Copies of the environment in parallel; where it can't be copied, only the environment itself."""
    label, spec_name = _label(env)
    identity = f"{label} {type(env).__qualname__} {env.spec.to_json() if env.spec is not None and _plain(env) else ''}"
    try:
        copy.deepcopy(env).close()
    except Exception:  # windows, sockets, simulators: whatever it is, it can't be copied
        return Source(
            label, identity, one=_only(lambda: env), most=1, limit=own_limit(env), spec_name=spec_name, ready_made=True
        )
    return Source(label, identity, one=_only(lambda: copy.deepcopy(env)), limit=own_limit(env), spec_name=spec_name)


def _plain(env: Env) -> bool:
    """Whether the environment's spec can be written down."""
    try:
        assert env.spec is not None
        env.spec.to_json()
    except Exception:  # specs hold arbitrary arguments
        return False
    return True


def _only(make: Callable[[], Env]) -> Callable[[Mapping[str, Any]], Env]:
    def one(kwargs: Mapping[str, Any]) -> Env:
        if kwargs:
            raise BadWorld(
                f"A ready-made environment can't take the arguments {dict(kwargs)} of a context; hand over a factory, "
                "or use `options`."
            )
        return make()

    return one


def _from_vector(env: VectorEnv[Any, Any, Any]) -> Source:
    label, spec_name = _label(env)
    limit = env.spec.max_episode_steps if env.spec is not None else None

    def many(sub_envs: int, kwargs: Mapping[str, Any]) -> VectorEnv[Any, Any, Any]:
        if kwargs:
            raise BadWorld(
                f"A ready-made vector environment can't take the arguments {dict(kwargs)} of a context; hand over a "
                "factory."
            )
        return env

    return Source(
        label,
        f"{label} x {env.num_envs}",
        many=many,
        most=env.num_envs,
        limit=limit,
        spec_name=spec_name,
        ready_made=True,
        takes_seed_list=takes_seed_list(env),
    )


def _from_factory(factory: Callable[..., Any], base: Mapping[str, Any], adapter: Adapter) -> Source:
    label = getattr(factory, "__name__", type(factory).__name__)
    label = "factory" if label == "<lambda>" else label
    try:
        made = adapter.adapted(factory(**base), label)
    except TeloscopeError:
        raise
    except Exception as error:
        raise BadWorld(f"The factory {label!r} can't make an environment: {type(error).__name__}: {error}.") from error
    texts = hashlib.sha256("\0".join(source_texts(factory)).encode()).hexdigest()  # two lambdas bear one name
    place = f"{getattr(factory, '__module__', '')}.{getattr(factory, '__qualname__', label)}"
    identity = f"{place} {texts} {sorted(base.items())!r}"
    if isinstance(made, VectorEnv):
        made_label, spec_name = _label(made)

        def many(sub_envs: int, kwargs: Mapping[str, Any]) -> VectorEnv[Any, Any, Any]:
            return factory(**{**base, **kwargs})

        limit = made.spec.max_episode_steps if made.spec is not None else None
        each = takes_seed_list(made)
        made.close()
        return Source(
            made_label, identity, many=many, most=made.num_envs, limit=limit, spec_name=spec_name, takes_seed_list=each
        )
    made_label, spec_name = _label(made)
    limit = own_limit(made)
    made.close()
    return Source(
        made_label,
        identity,
        one=lambda kwargs: adapter.adapted(factory(**{**base, **kwargs}), label),
        limit=limit,
        spec_name=spec_name,
    )
