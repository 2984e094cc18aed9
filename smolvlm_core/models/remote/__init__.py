"""SmolVLM2 on somebody else's machine: questions to a server that speaks OpenAI's protocol."""
