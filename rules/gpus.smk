from rules.gpu_requests import ask_for_gpus

ask_for_gpus(workflow.rules)
