"""Charts: figures in, `plotly.graph_objects.Figure` out; nothing here knows Streamlit.

Names of classes and files are escaped, because Plotly reads a little HTML in its texts.
"""
