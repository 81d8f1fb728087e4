"""ragbot as a retriever of other libraries; import the module that is named after the library."""
