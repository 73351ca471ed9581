"""Machine learning and files of Tuskscope; knows no web framework."""
