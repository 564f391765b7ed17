"""What load scenarios are written with. These names are public; nothing else of load is (docs/load-runs.md).

```python
from offerproof.load import Checkout, LoyaltyUser, Mix

class CheckoutUser(LoyaltyUser):
    mix = Mix((Checkout(), 1))
```

Importing this imports Locust, which patches the process: import it in scenario files alone.
"""

from offerproof.loadtest.client.bodies import Purchase
from offerproof.loadtest.client.checks import Checked
from offerproof.loadtest.generator.steps import StepFailed, Steps
from offerproof.loadtest.generator.supply import HeldOffer, Shopper
from offerproof.loadtest.generator.user import LoyaltyUser
from offerproof.loadtest.generator.workflows import (
    Browse,
    Checkout,
    Earn,
    Mix,
    Stampede,
    VisitSupply,
    Workflow,
)

__all__ = [
    "Browse",
    "Checked",
    "Checkout",
    "Earn",
    "HeldOffer",
    "LoyaltyUser",
    "Mix",
    "Purchase",
    "Shopper",
    "Stampede",
    "StepFailed",
    "Steps",
    "VisitSupply",
    "Workflow",
]
