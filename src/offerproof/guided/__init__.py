"""A guided session: a till lives through twelve situations before a simulator of ours, and is told what it did.

``situations`` has what happens and what a till must have met; ``prepared_simulator`` lays it down in the simulator;
``script`` reads how a till without hands is started; ``session`` plays, judges each situation by itself and the whole
as one client, and writes the run; ``telling`` says what was done, and what comes of a mistake in a shop.
"""

from offerproof.guided.prepared_simulator import Card
from offerproof.guided.script import Script, read_script
from offerproof.guided.session import Drive, GuidedSession, SessionOptions
from offerproof.guided.situations import SITUATIONS

__all__ = ["SITUATIONS", "Card", "Drive", "GuidedSession", "Script", "SessionOptions", "read_script"]
