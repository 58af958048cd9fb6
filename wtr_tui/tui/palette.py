"""The command palette: every action of the screen and of the program, by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

# What only makes sense with its key in the hand.
_KEYS_ALONE = frozenset(("scroll(1)", "scroll(-1)", "clear_message", "screen.copy_text"))


class Actions(Provider):
    """Offers the active bindings, so that palette, keys and help cannot disagree."""

    def _actions(self) -> Iterator[tuple[str, str, str]]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            name = binding.tooltip or binding.description
            if name and active.enabled and binding.action not in seen | _KEYS_ALONE:
                seen.add(binding.action)
                yield name, self.app.get_key_display(binding), binding.action

    async def discover(self) -> Hits:
        for name, key, action in self._actions():
            yield DiscoveryHit(name, partial(self._run, action), help=f"Key: {key}")

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, key, action in self._actions():
            score = matcher.match(name)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(name), partial(self._run, action), help=f"Key: {key}"
                )

    async def _run(self, action: str) -> None:
        await self.app.run_action(action, self.screen)
