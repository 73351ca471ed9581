"""What several pages show, or what would make one page long: each module draws one thing."""
