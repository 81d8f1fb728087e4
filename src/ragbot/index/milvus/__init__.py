"""An index in Milvus: a server, a cluster, or a file that one process opens."""
