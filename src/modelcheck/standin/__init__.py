"""The stand-in stack: Ollama, OpenAI and Anthropic served over real HTTP on loopback from a scenario."""
