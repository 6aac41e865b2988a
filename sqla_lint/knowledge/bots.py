"""Who answers in bots: aiogram, python-telegram-bot, pyTelegramBotAPI, discord.py, Slack's Bolt.

Sources: documentation of aiogram (router, observers), python-telegram-bot (telegram.ext, handlers), pyTelegramBotAPI
(message handlers), discord.py (events, commands, application commands, cogs) and Bolt for Python (listening).
"""

from __future__ import annotations

from .library import Klass, Method, Registration

_UPDATES = ("message", "edited_message", "channel_post", "inline_query", "callback_query", "my_chat_member")
_TELEBOT = ("message", "edited_message", "channel_post", "inline", "callback_query", "my_chat_member")
_SLACK = ("event", "message", "command", "shortcut", "action", "view", "options", "function")
_COMMANDS = ("command", "group", "hybrid_command", "hybrid_group", "event", "listen")
_SECOND = ("Command", "Message", "Type", "StringCommand", "StringRegex")
_FIRST = ("CallbackQuery", "InlineQuery", "ChosenInlineResult", "ChatMember", "ChatJoinRequest", "PollAnswer", "Poll")
_ERRORS = Registration("handler", "telegram", 0, "callback")
_COG = "discord.ext.commands.Cog"

BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    **{
        (owner, kind): ("handler", "aiogram") for owner in ("aiogram.Router", "aiogram.Dispatcher") for kind in _UPDATES
    },
    **{
        (owner, f"{kind}_handler"): ("handler", "telebot")
        for owner in ("telebot.TeleBot", "telebot.async_telebot.AsyncTeleBot")
        for kind in _TELEBOT
    },
    **{
        (owner, kind): ("handler", "slack")
        for owner in ("slack_bolt.App", "slack_bolt.async_app.AsyncApp")
        for kind in _SLACK
    },
    ("discord.Client", "event"): ("handler", "discord"),
    **{("discord.ext.commands.Bot", kind): ("handler", "discord") for kind in _COMMANDS},
    **{("discord.app_commands.CommandTree", kind): ("handler", "discord") for kind in ("command", "context_menu")},
}
DECORATORS: dict[str, tuple[str, str]] = {
    **{f"discord.ext.commands.{kind}": ("handler", "discord") for kind in _COMMANDS[:4]},
    f"{_COG}.listener": ("handler", "discord"),
    **{f"discord.app_commands.{kind}": ("handler", "discord") for kind in ("command", "context_menu")},
}
CLASSES: dict[str, Klass] = {
    "aiogram.Router": Klass(),
    "aiogram.Dispatcher": Klass(bases=("aiogram.Router",)),
    "telebot.TeleBot": Klass(),
    "telebot.async_telebot.AsyncTeleBot": Klass(),
    "slack_bolt.App": Klass(),
    "slack_bolt.async_app.AsyncApp": Klass(),
    "discord.Client": Klass(),
    "discord.ext.commands.Bot": Klass(
        bases=("discord.Client",), attributes={"tree": "discord.app_commands.CommandTree"}
    ),
    "discord.app_commands.CommandTree": Klass(),
    _COG: Klass(),
    **{
        f"telegram.ext.{kind}Handler": Klass(registers=Registration("handler", "telegram", at, "callback"))
        for at, kinds in enumerate((_FIRST, _SECOND))
        for kind in kinds
    },
    "telegram.ext.Application": Klass({"add_error_handler": Method(registers=_ERRORS)}),
}
ALIASES: dict[str, str] = {
    "discord.ext.commands.AutoShardedBot": "discord.ext.commands.Bot",
    "discord.ext.commands.bot.Bot": "discord.ext.commands.Bot",
    "slack_bolt.app.async_app.AsyncApp": "slack_bolt.async_app.AsyncApp",
    "slack_bolt.app.App": "slack_bolt.App",
}
