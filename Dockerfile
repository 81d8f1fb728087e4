# ragbot with its model and the sample index prepared. It listens on every address of the container,
# so it wants a password:  docker run -e RAGBOT_PASSWORD=… -v ragbot:/data -p 127.0.0.1:7860:7860 ragbot
# For an index in Milvus and shared rebuilds:  docker build --build-arg EXTRAS=milvus,workers -t ragbot .
FROM python:3.12-slim

RUN useradd --create-home ragbot && install -d -o ragbot /data
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src src
ARG EXTRAS=
RUN pip install --no-cache-dir torch --index-url https://download.pytorch.org/whl/cpu -c constraints.txt \
 && pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}" -c constraints.txt

USER ragbot
ENV RAGBOT_DATA_DIR=/data
RUN ragbot rebuild
VOLUME /data
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/healthz')"]
CMD ["ragbot", "serve", "--host", "0.0.0.0"]
