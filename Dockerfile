# The app with the CPU build of torch; how to run it is said in docs/setup.md. --init buries what
# workers leave:
# docker build -t fashion-cnn-lab .  &&  docker run --init -p 8501:8501 fashion-cnn-lab
# To keep trained models and visitors' pictures:
# -v fashion-runs:/app/checkpoints/runs -v fashion-pictures:/app/data/pictures
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.txt .
# The two torch packages alone from PyTorch's CPU index (no 5 GB of CUDA), all else from the
# ordinary one.
RUN pip install --no-deps --index-url https://download.pytorch.org/whl/cpu \
        $(grep -E '^torch(vision)?==' requirements.txt) \
    && pip install -r requirements.txt

RUN useradd --create-home app && chown app /app
COPY --chown=app . .
RUN mkdir -p checkpoints/runs data/pictures && chown app checkpoints/runs data data/pictures
USER app

# Without the data the image still works: drawing and pictures need only the shipped model, what
# needs the data says what to do.
RUN python -m fashion_core fetch-data || echo "Fashion-MNIST could not be fetched at build time."

EXPOSE 8501
HEALTHCHECK --start-period=30s CMD ["python", "-c", \
    "import urllib.request as web; web.urlopen('http://localhost:8501/_stcore/health', timeout=5)"]
CMD ["streamlit", "run", "streamlit_app.py", \
    "--server.port=8501", "--server.address=0.0.0.0", "--server.headless=true"]
