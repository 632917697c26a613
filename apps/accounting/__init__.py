"""The service that authorises charges: accounts with a journal of everything that happened to them."""
