TAG ?= 1
IMAGE := shop/web:$(TAG)
include other.mk
.PHONY: build
build: a.txt
	docker build -t $(IMAGE) \
	  --target final -f Dockerfile .
ifeq ($(X),y)
push: build ; docker push $(IMAGE)
endif
define F
x
endef
R = $(R)$(call F,$(shell date))
