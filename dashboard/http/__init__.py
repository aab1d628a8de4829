"""Plain pages and machine doors outside Streamlit: sign-in, OAuth callback, webhooks, sandboxes."""
