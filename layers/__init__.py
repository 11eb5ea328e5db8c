"""The only door between QGIS and pandas: sources, tables, sinks, styles and layouts."""
