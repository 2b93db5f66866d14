"""The trader's configuration: one TOML file, the environment over it, `.env` in between.

    CRYPTO_TRADER_SLACK__WEBHOOK=https://... overrides [slack] webhook
    TRADING_PAIRS_CONFIG={"eth_usdt": {...}} is [pairs] as JSON

Every error names the key and what it may be. Secrets print as stars wherever they are printed.
"""

from __future__ import annotations

import json
import os
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from application.errors import ConfigurationError
from domain.errors import DomainError
from domain.instruments import DEFAULT, Instrument, Instruments
from domain.parameters import STANDARD, StrategyParameters
from entrypoints.wiring import pairs
from entrypoints.wiring.pairs import coin_of

FILE = "crypto-trader.toml"
PREFIX = "CRYPTO_TRADER_"
CONFIRMATION = "I understand that real money can be lost"


class _Section(BaseModel):
    """A table of the file: no key that does not exist."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class General(_Section):
    """Where things are kept and how they are said."""

    folder: Path = Field(Path("trader"), description="Where the log and its files are kept.")
    language: Literal["ja", "en"] = Field("ja", description="Of messages to you.")
    coins: tuple[str, ...] = Field(
        (), description="Of the coins in [pairs], those to trade, such as ETH. Empty: all."
    )


class Coincheck(_Section):
    """The exchange. Give the key no right to withdraw."""

    key_id: SecretStr | None = Field(None, description="Id of the API key.")
    secret: SecretStr | None = Field(None, description="Secret of the API key.")
    base_url: str = Field("https://coincheck.com", pattern=r"^https?://\S+$")


class Binance(_Section):
    """Where candles and funding rates are read."""

    hosts: tuple[str, ...] = Field(
        ("https://data-api.binance.vision", "https://api.binance.com"),
        description="Asked in this order.",
        min_length=1,
    )
    futures: str = Field("https://fapi.binance.com", pattern=r"^https?://\S+$")


class News(_Section):
    """CryptoPanic; without a token there are no news, and the component is absent."""

    token: SecretStr | None = Field(None, description="CryptoPanic auth_token.")
    plan: Literal["developer", "growth", "enterprise"] = "growth"
    base_url: str = Field("https://cryptopanic.com", pattern=r"^https?://\S+$")


class Mood(_Section):
    """Fear & Greed and Bitcoin's dominance."""

    fear_greed_url: str = Field("https://api.alternative.me", pattern=r"^https?://\S+$")
    coingecko_url: str = Field("https://api.coingecko.com", pattern=r"^https?://\S+$")
    coingecko_key: SecretStr | None = Field(None, description="A demo key, if you have one.")


class Slack(_Section):
    """Where you are told; without a webhook it is the terminal alone."""

    webhook: SecretStr | None = Field(None, description="The incoming webhook's whole address.")


class Tuner(_Section):
    """Every night: would a change of the strategy have been better? Mostly it says no."""

    proposer: Literal["search", "random", "claude", "off"] = Field(
        "search", description="Who proposes what is tested. off: nothing is ever changed."
    )
    anthropic_key: SecretStr | None = Field(None, description="Only for claude.")
    model: str = Field("claude-haiku-4-5", min_length=1, description="Of claude.")
    input_usd: float = Field(1.0, ge=0, description="Price of a million tokens asked.")
    output_usd: float = Field(5.0, ge=0, description="Price of a million tokens answered.")


class Paper(_Section):
    """Trading with money that does not exist."""

    cash_jpy: int = Field(100_000, ge=1, description="What it starts with.")
    spread_pct: Annotated[float, Field(ge=0, le=10)] = 0.1
    slippage_pct: Annotated[float, Field(ge=0, le=10)] = 0.05


class Live(_Section):
    """Trading with money that does."""

    confirm: str = Field("", description=f'Only "{CONFIRMATION}" lets it trade.')


class Pair(_Section):
    """A coin: how it is called outside, and what the exchange asks of its orders."""

    binance: str = Field(pattern=pairs.BINANCE, description="Such as ETHUSDT.")
    coincheck: str = Field(pattern=pairs.COINCHECK, description="Such as eth_jpy.")
    news: str = Field(pattern=pairs.NEWS, description="CryptoPanic's code, such as ETH.")
    name: str = Field(min_length=1, max_length=pairs.LONGEST_NAME)
    min_amount: Decimal | None = Field(
        None, gt=0, description="Smallest sell in coins. Default: the known one, else 0.001."
    )
    decimals: int | None = Field(
        None,
        ge=0,
        le=pairs.MOST_DECIMALS,
        description="Of a quantity. Default: the known ones, else 8.",
    )

    def instrument(self, pair: str) -> Instrument:
        """The coin of an analysis key."""
        return coin_of(
            pair,
            binance=self.binance,
            coincheck=self.coincheck,
            news=self.news,
            name=self.name,
            min_amount=self.min_amount,
            decimals=self.decimals,
        )


PairName = Annotated[str, Field(pattern=pairs.PAIR)]


class OwnersVariable(PydanticBaseSettingsSource):
    """TRADING_PAIRS_CONFIG: all coins as JSON, in the variable that the owner's text names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not asked: the one value is given whole."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The coins, if the variable is set. Raises ConfigurationError that names it."""
        text = os.environ.get(pairs.VARIABLE, "").strip()
        return {"pairs": pairs.pairs_in(text)} if text else {}


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        frozen=True,
    )
    file: ClassVar[Path | None] = None

    general: General = General()
    coincheck: Coincheck = Coincheck()
    binance: Binance = Binance()
    news: News = News()
    mood: Mood = Mood()
    slack: Slack = Slack()
    tuner: Tuner = Tuner()
    paper: Paper = Paper()
    live: Live = Live()
    pairs: dict[PairName, Pair] = Field(
        default_factory=dict, description="All coins by analysis key; empty: the six known ones."
    )
    strategy: dict[str, float | int] = Field(
        default_factory=dict, description="Constants of the strategy that differ from the owner's."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given counts before the environment, that before `.env`, that before the file."""
        del file_secret_settings
        toml = TomlConfigSettingsSource(settings_cls, cls.file)
        owners = OwnersVariable(settings_cls)
        return init_settings, env_settings, owners, dotenv_settings, toml

    @property
    def instruments(self) -> Instruments:
        """The coins to trade. Raises ConfigurationError."""
        try:
            coins = tuple(one.instrument(pair) for pair, one in self.pairs.items())
            known = Instruments(coins) if coins else DEFAULT
        except DomainError as error:
            raise ConfigurationError(f"[pairs] {error}") from None
        try:
            return known.only(self.general.coins) if self.general.coins else known
        except DomainError as error:
            raise ConfigurationError(f"[general] coins: {error}") from None

    @property
    def parameters(self) -> StrategyParameters:
        """The owner's constants with [strategy] over them. Raises ConfigurationError."""
        try:
            return STANDARD.with_settings([f"{k}={v}" for k, v in self.strategy.items()])
        except DomainError as error:
            raise ConfigurationError(f"[strategy] {error}") from None


def load_settings(path: Path | None, env_file: Path | None = Path(".env")) -> Settings:
    """The configuration of a file; None: `crypto-trader.toml` here, if there is one.

    Raises ConfigurationError with one line that names file, key and what it may be.
    """
    found = _file(path)

    class FromFile(Settings):
        """Bound to one file."""

        file: ClassVar[Path | None] = found

    try:
        settings = FromFile(_env_file=env_file)
    except ValidationError as error:
        raise ConfigurationError(_said(error, found)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{found}: is not TOML: {error}") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{found or 'configuration'}: {error}") from None
    # both are made of several keys: say now what is wrong with them
    _ = settings.instruments, settings.parameters
    return settings


def _file(path: Path | None) -> Path | None:
    if path is None:
        return Path(FILE) if Path(FILE).is_file() else None
    if not path.is_file():
        raise ConfigurationError(f"{path}: there is no such file; `crypto-trader init` writes one")
    return path


def _said(error: ValidationError, path: Path | None) -> str:
    """The first thing that is wrong, and how many more."""
    first, *more = error.errors(include_url=False, include_input=False)
    section, *keys = [str(one) for one in first["loc"]]
    name = f"[{section}] {'.'.join(keys)}" if keys else f"[{section}]"
    variable = PREFIX + "__".join([section, *keys]).upper()
    where = f"{path}: " if path is not None else ""
    rest = f"; and {len(more)} more" if more else ""
    if first["type"] == "extra_forbidden":
        known = ", ".join(_known(section, keys))
        return f"{where}{name}: there is no such key; there are: {known}{rest}"
    return f"{where}{name} (or {variable}): {first['msg']}{rest}"


def _known(section: str, keys: list[str]) -> list[str]:
    field = Settings.model_fields.get(section)
    if field is None or not keys:
        return sorted(Settings.model_fields)
    kind: Any = field.annotation
    return sorted(getattr(kind, "model_fields", {}))


def schema() -> str:
    """The configuration's JSON schema."""
    return json.dumps(Settings.model_json_schema(), indent=2, ensure_ascii=False)
