"""Forms and sliders for notebooks: thin skins over functions that need no front end."""
