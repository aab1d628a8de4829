"""Agents: who they are, what they know, and what they can do."""

from dashboard.ui import agent_list, chooser, frame, runs, try_action
from dashboard.ui.session import say

frame.title("agentspage")
everyone, actions, done = frame.tabs(
    [say("agentspage.tab_agents"), say("agentspage.tab_actions"), say("agentspage.tab_runs")]
)
with everyone:
    agent_list.draw()
with actions:
    agent_id = chooser.choose()
    if agent_id:
        try_action.draw(agent_id)
    else:
        frame.no_agents()
with done:
    if agent_id:
        runs.history(agent_id)
    else:
        frame.no_agents()
