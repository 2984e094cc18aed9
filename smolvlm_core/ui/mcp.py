"""Whether the named functions are tools of an MCP server too. Gradio's variable asks for that, and an extra of
Gradio's makes it possible; without the extra Gradio would not start at all.
"""

import os
from importlib.util import find_spec

from smolvlm_core.log import log_event

VARIABLE = "GRADIO_MCP_SERVER"
PATH = "/gradio_api/mcp/"
MISSING = f"{VARIABLE} asks for MCP, which is not installed: pip install 'gradio[mcp]'. All else works."


def serves_mcp() -> bool:
    """Whether to launch with MCP; logs it where that was asked for."""
    if os.environ.get(VARIABLE, "").lower() != "true":  # as Gradio reads it
        return False
    if find_spec("mcp") is None:
        log_event("mcp_unavailable", reason=MISSING)
        return False
    log_event("mcp_served", path=PATH)
    return True
