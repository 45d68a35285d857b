from celery import Celery

app = Celery("tasks", broker="amqp://broker")
app.conf.task_time_limit = 300


@app.task
def report() -> None:
    pass
