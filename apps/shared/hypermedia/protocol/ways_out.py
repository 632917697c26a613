"""What to do about a field that was refused, by its error code."""

_WAYS_OUT = {
    "above_maximum": "Order less, or in several orders.",
    "already_registered": "Use what is registered, or register it under another id.",
    "below_minimum": "Add items until the total reaches the minimum.",
    "blank": "Give a text that is not blank.",
    "duplicate_menu_item": "Give each item of the menu an id of its own.",
    "empty": "Give at least one entry.",
    "invalid_choice": "Give one of the values that the field's description lists.",
    "max_decimal_places": "Round it.",
    "max_digits": "Give a number with fewer digits.",
    "max_length": "Shorten it.",
    "max_string_length": "Give a number with fewer digits.",
    "max_value": "Give a smaller number.",
    "max_whole_digits": "Give a smaller number.",
    "min_length": "Give a longer one.",
    "min_value": "Give a larger number.",
    "no_line_items": "Give at least one item with its quantity.",
    "not_a_dict": "Give an object: {…}.",
    "not_a_list": "Give a list: […].",
    "null": "Give a value other than null.",
    "null_characters_not_allowed": "Leave out the character U+0000.",
    "price_not_positive": "Give a price above zero.",
    "repeated_menu_item": "Name each item once, with the whole quantity.",
    "required": "Add the field.",
    "unknown_menu_item": "Name an item of the restaurant's present menu.",
    "unknown_restaurant": "Name a restaurant that exists; a new one is known within moments.",
}


def way_out(code: str) -> str:
    """Return one sentence that says what to do; for a code without one of its own, where to look."""
    return _WAYS_OUT.get(code, "Give it as /openapi.json describes it.")
