"""While an approved plan is carried out, the incident's own alerts may be silent.

Off unless the profile says so, and never needed: no approval, no proof and no escalation waits for it (rule 7). What
stands is read from Alertmanager's own list, by author and mark: a replay finds it again, a resumed run removes it. A
silence that nobody removes ends by itself.
"""

from steadyhand.silencing.removing import remove_silence
from steadyhand.silencing.setting import silence_alerts

__all__ = ["remove_silence", "silence_alerts"]
