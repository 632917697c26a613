"""The service that authorises charges: accounts, each with a journal of its changes."""
